import type { PgBoss } from 'pg-boss';
import { fromErrorRecord, GlassgraphError } from '../errors.ts';
import { type Submitted, submitPass } from '../jobs/queue.ts';
import type { ResultWaiter } from '../jobs/wait.ts';
import type { JobRequest, PassModel, PassQuestion, PassRole } from '../pass/protocol.ts';
import type { Database } from '../store/database.ts';
import type { ModelRow } from '../store/models.ts';
import { spend } from './cost.ts';
import { type DescribedPass, describePass, titleOf } from './describe.ts';
import { type Kept, KeptResults } from './kept.ts';
import {
  type KeyedQuestion,
  type PassPlan,
  planPasses,
  rowCountOf,
  stillNeeded,
  type Target,
  type WaitingQuestion,
} from './plan.ts';
import type { Answer } from './question.ts';
import { RequestScope } from './scope.ts';

export type PlannerScope = RequestScope<Asked, DescribedPass>;

/** A question with the resolver that waits for its answer. */
interface Asked {
  readonly question: KeyedQuestion;
  readonly scope: PlannerScope;
  resolve(answer: Answer<unknown>): void;
  reject(error: unknown): void;
}

/** The job of ours that computes a question. */
type JobOfKey = ReadonlyMap<string, string>;

export interface PlannerOptions {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly waiter: ResultWaiter;
  readonly engineVersion: string;
  /** How clients name a job. */
  readonly jobReference: (jobId: string) => string;
}

/** After this long an ANALYSIS_PENDING is worth asking about again. */
const retryAfterMs = 1000;

const none: ReadonlySet<string> = new Set();

/**
 * The way of a query:
 *
 *     1. Ask     resolvers ask questions and wait                 planner.request
 *     2. Plan    questions of one request become passes           scope.ts, plan.ts
 *     3. Claim   each question belongs to one pass, everywhere    jobs/queue.ts
 *     4. Run     a compute process reads, runs, folds             jobs/runner.ts, pass/
 *     5. Answer  results are kept; waiters wake, or get a job     jobs/wait.ts, here
 */
export class Planner {
  /** Of questions since this planner began. */
  readonly counts = { hits: 0, misses: 0 };
  readonly #options: PlannerOptions;
  readonly #kept: KeptResults;
  readonly #closing = new AbortController();

  constructor(options: PlannerOptions) {
    this.#options = options;
    this.#kept = new KeptResults(options.database.db);
  }

  /** After results were deleted: none of them is answered from memory. */
  forget(): void {
    this.#kept.forget();
  }

  close(): Promise<void> {
    this.#closing.abort();
    return this.#kept.close();
  }

  /** One for each request. */
  scope(request: { patienceMs: number; signal: AbortSignal; jobs?: Set<string> }): PlannerScope {
    return new RequestScope({ ...request, dispatch: (asked: Asked[]) => void this.#dispatch(asked) });
  }

  /**
   * 1. Ask. Throws ANALYSIS_PENDING when the request's patience ends first, and whatever error the computation ended with.
   * Nothing is computed twice: an answer that is kept, or on its way for somebody else, is that answer.
   */
  request<Result>(question: KeyedQuestion, scope: PlannerScope): Promise<Answer<Result>> {
    return new Promise((resolve, reject) => {
      scope.ask({ question, scope, resolve: resolve as Asked['resolve'], reject });
    });
  }

  async #dispatch(asked: readonly Asked[]): Promise<void> {
    try {
      const { open, kept, claimed } = await this.#answerKept(asked);
      this.counts.hits += asked.length - open.length;
      this.counts.misses += open.length;
      const { passes, waiting } = planPasses(
        open.map(({ question }) => question),
        kept,
      );
      for (const { spent } of new Set(open.map(({ scope }) => scope))) spend(spent, passes);
      const claims = await Promise.all(passes.map((pass) => this.#claim(pass, open, claimed)));
      const jobs: JobOfKey = new Map(claims.flatMap(({ ours }) => ours));
      const later = [...waiting, ...claims.map(({ deferred }) => deferred)];
      const isLater = new Set(later.flat().map(({ question }) => question.key));
      await Promise.all([
        ...open.filter(({ question }) => !isLater.has(question.key)).map((one) => this.#answer(one, jobs)),
        ...later.map((group) => this.#answerAfterParts(group, open, jobs)),
      ]);
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }

  /** Answers what needs no computation. Which others are open, what is kept of all and their parts, and what is kept or being computed. */
  async #answerKept(asked: readonly Asked[]): Promise<{ open: Asked[]; kept: Set<string>; claimed: Set<string> }> {
    const found = await this.#kept.get(asked.map(({ question }) => question.key));
    const open: Asked[] = [];
    for (const one of asked) {
      const kept = found.get(one.question.key);
      if (kept === undefined) open.push(one);
      else one.resolve(answerOf(kept, one.question, true));
    }
    const needed = new Set(open.flatMap(({ question }) => stillNeeded(question, none)).map(({ key }) => key));
    const claims = await this.#kept.claims([...needed]);
    const kept = new Set(found.keys());
    for (const { key, isDone } of claims) if (isDone) kept.add(key);
    const claimed = new Set(claims.map(({ key }) => key));
    return { open, kept, claimed };
  }

  /** 3. Claim. Of what is asked and planned, what this request's job computes, and what must wait for another's. */
  async #claim(
    pass: PassPlan,
    asked: readonly Asked[],
    claimed: ReadonlySet<string>,
  ): Promise<{ ours: [key: string, jobId: string][]; deferred: WaitingQuestion[] }> {
    const questions = [...pass.analyses, ...pass.readings];
    // Whoever comes while a pass is running only waits: most of a crowd costs no transaction.
    const isClaimed = questions.every(({ key }) => claimed.has(key));
    const { jobId, deferred } = isClaimed ? { jobId: null, deferred: [] } : await this.#submit(pass);
    const described = describePass(pass, jobId === null ? null : this.#options.jobReference(jobId));
    for (const scope of new Set(asked.map(({ scope }) => scope))) scope.plans.push(described);
    return {
      ours: jobId === null ? [] : questions.map(({ key }) => [key, jobId]),
      deferred: questions
        .filter(({ key }) => deferred.includes(key))
        .map((question) => ({ question, after: question.parts.map(({ key }) => key) })),
    };
  }

  async #submit(plan: PassPlan): Promise<Submitted> {
    const { model, base, dataset } = plan.target;
    return submitPass(this.#options.database, this.#options.boss, {
      title: titleOf(plan.target, [...plan.analyses, ...plan.readings]),
      modelId: model?.id ?? null,
      ...(base && { baseId: base.id }),
      datasetId: dataset?.id ?? null,
      modelDigest: model?.digest ?? null,
      datasetDigest: dataset?.digest ?? null,
      engineVersion: this.#options.engineVersion,
      rowCount: rowCountOf(plan.target),
      request: requestOf(plan),
    });
  }

  /** 5. Answer. */
  async #answer(asked: Asked, jobs: JobOfKey): Promise<void> {
    const { question, scope, resolve, reject } = asked;
    const outcome = await this.#options.waiter.wait(question.key, scope, jobs.get(question.key) ?? null);
    switch (outcome.state) {
      case 'done': {
        const kept = (await this.#kept.get([question.key])).get(question.key);
        return kept === undefined ? this.#dispatch([asked]) : resolve(answerOf(kept, question, false));
      }
      case 'failed':
        return reject(fromErrorRecord(outcome.error));
      case 'pending':
        return reject(this.#pending(outcome.jobId));
      case 'released':
        return this.#dispatch([asked]);
    }
  }

  /** What would share a pass waits together for all of its parts, and is asked again. */
  async #answerAfterParts(group: readonly WaitingQuestion[], open: readonly Asked[], jobs: JobOfKey): Promise<void> {
    const after = new Map(group.map((one) => [one.question.key, one.after]));
    const waiting = open.filter(({ question }) => after.has(question.key));
    const areThere = await Promise.all(
      waiting.map((one) => this.#partsAreThere(one, after.get(one.question.key) ?? [], jobs)),
    );
    const again = waiting.filter((_, at) => areThere[at]);
    if (again.length > 0) await this.#dispatch(again);
  }

  /**
   * Whether it is worth asking again. Who is told of the job that computes a part will come back for the whole: it is computed
   * although nobody waits any longer.
   */
  async #partsAreThere({ scope, reject }: Asked, after: readonly string[], jobs: JobOfKey): Promise<boolean> {
    const { waiter } = this.#options;
    for (const key of after) {
      let outcome = await waiter.wait(key, scope, jobs.get(key) ?? null);
      if (outcome.state === 'pending') {
        reject(this.#pending(outcome.jobId));
        if (scope.signal.aborted) return false;
        const untilClosed = { deadlineMs: Number.POSITIVE_INFINITY, signal: this.#closing.signal };
        outcome = await waiter.wait(key, untilClosed, outcome.jobId);
      }
      if (outcome.state === 'pending') return false;
      if (outcome.state === 'failed') {
        reject(fromErrorRecord(outcome.error));
        return false;
      }
    }
    return true;
  }

  #pending(jobId: string): GlassgraphError {
    const job = this.#options.jobReference(jobId);
    return new GlassgraphError(
      'ANALYSIS_PENDING',
      `The answer is being computed by job ${job}. Ask again in a second, or with a longer “Prefer: wait=…”.`,
      { job, retryAfterMs },
    );
  }
}

const answerOf = ({ value, provenance }: Kept, { target }: KeyedQuestion, cached: boolean): Answer<unknown> => ({
  value,
  provenance: { ...provenance, sampled: isSampled(target.rows, provenance), cached },
});

const passModel = ({ artifact, graph, manifest }: ModelRow): PassModel => ({ artifact, graph, manifest });

function requestOf({ target, analyses, readings }: PassPlan): JobRequest {
  const { model, base, dataset, rows } = target;
  const questions = { analyses: analyses.map(passQuestion), readings: readings.map(passQuestion) };
  if (dataset === null) return { model: passModel(model), dataset, ...questions };
  const partitions = dataset.partitions.map(({ name }) => name);
  if (model === null) return { model, dataset, rows, partitions, ...questions };
  return { model: passModel(model), ...(base && { base: passModel(base) }), dataset, rows, partitions, ...questions };
}

/** A sample that was not filled has all of the selected rows; a page of one is a part of it. */
function isSampled(rows: KeyedQuestion['target']['rows'], { rowCount, skippedRowCount }: Kept['provenance']): boolean {
  if (rows?.sample === undefined) return false;
  return rows.only !== undefined || rowCount + skippedRowCount >= rows.sample.count;
}

const passQuestion = ({ key, name, spec, parts, roles }: KeyedQuestion): PassQuestion => ({
  key,
  name,
  spec,
  partKeys: parts.map((part) => part.key),
  ...(roles && { roles: Object.fromEntries(Object.entries(roles).map(([role, target]) => [role, roleOf(target)])) }),
});

function roleOf({ dataset, rows }: Target): PassRole {
  if (dataset === null) throw new Error('a role is played by rows');
  return { dataset, rows, partitions: dataset.partitions.map(({ name }) => name) };
}
