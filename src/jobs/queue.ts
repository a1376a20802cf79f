import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { type DrizzleTransactionLike, fromDrizzle, type PgBoss } from 'pg-boss';
import { GlassgraphError } from '../errors.ts';
import type { JobRequest, PassQuestion } from '../pass/protocol.ts';
import type { Database, Queries } from '../store/database.ts';
import { holdDataset } from '../store/datasets.ts';
import { createJob } from '../store/jobs.ts';
import { holdModel } from '../store/models.ts';
import { claim, getClaims } from '../store/results.ts';
import { passQueue } from './boss.ts';
import { priorityOf } from './priority.ts';

export interface PassSubmission {
  readonly title: string;
  /** null: about rows alone. */
  readonly modelId: string | null;
  /** The model that it is compared with. */
  readonly baseId?: string;
  /** null: no rows are read. */
  readonly datasetId: string | null;
  readonly modelDigest: string | null;
  readonly datasetDigest: string | null;
  readonly engineVersion: string;
  /** Of the selected rows, as far as that is known without reading them; 0 when none are read. */
  readonly rowCount: number;
  readonly request: JobRequest;
}

export interface Submitted {
  /** null: nothing was left to compute. */
  readonly jobId: string | null;
  /** Questions with a part that another pass is computing right now: to be submitted again when that part is there. */
  readonly deferred: string[];
}

/**
 * 3. Claim: one transaction claims what nobody else computes, records the job and sends it. Either all of it happens or nothing.
 * Throws NOT_FOUND when the model or the dataset has gone.
 */
export function submitPass({ db }: Database, boss: PgBoss, submission: PassSubmission): Promise<Submitted> {
  return db.transaction(async (tx) => {
    const { request, title, rowCount, baseId, ...about } = submission;
    const held = [
      about.modelId === null || (await holdModel(tx, about.modelId)),
      baseId === undefined || (await holdModel(tx, baseId)),
      about.datasetId === null || (await holdDataset(tx, about.datasetId)),
    ];
    if (held.includes(false)) throw deletedMeanwhile();
    const jobId = randomUUID();
    const claimAll = (questions: readonly { key: string; name: string }[]): Promise<string[]> =>
      claim(
        tx,
        questions.map(({ key, name }) => ({ ...about, key, analysis: name, jobId })),
      );
    const claimReady = async (questions: readonly PassQuestion[]): Promise<[PassQuestion[], string[]]> => {
      const [ready, deferred] = await partsReady(tx, questions, jobId);
      return [only(ready, await claimAll(ready)), deferred];
    };
    const [analyses, later] = await claimReady(request.analyses);
    const [readings, laterReadings] = await claimReady(request.readings);
    const deferred = [...later, ...laterReadings];
    if (analyses.length + readings.length === 0) return { jobId: null, deferred };
    await createJob(tx, { id: jobId, title, modelId: about.modelId, datasetId: about.datasetId });
    const job: JobRequest = { ...request, analyses, readings };
    const priority = priorityOf({ rowCount, questionCount: analyses.length + readings.length });
    await boss.send(passQueue, job, {
      id: jobId,
      priority,
      db: fromDrizzle(tx as unknown as DrizzleTransactionLike, sql),
    });
    return { jobId, deferred };
  });
}

const deletedMeanwhile = () =>
  new GlassgraphError('NOT_FOUND', 'The model or the dataset was deleted meanwhile: there is nothing to ask of it.');

/** Questions whose parts are there or in this pass, and the keys of the others. */
async function partsReady(
  tx: Queries,
  questions: readonly PassQuestion[],
  jobId: string,
): Promise<[PassQuestion[], string[]]> {
  const partKeys = new Set(questions.flatMap((question) => question.partKeys));
  const claims = await getClaims(tx, [...partKeys]);
  const there = new Set(claims.filter((one) => one.isDone || one.jobId === jobId).map(({ key }) => key));
  const isReady = (question: PassQuestion): boolean => question.partKeys.every((key) => there.has(key));
  const later = questions.filter((question) => !isReady(question));
  return [questions.filter(isReady), later.map(({ key }) => key)];
}

const only = <Question extends { key: string }>(questions: readonly Question[], keys: readonly string[]): Question[] =>
  questions.filter(({ key }) => keys.includes(key));
