import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { type DocumentNode, type GraphQLError, getOperationAST } from 'graphql';
import { type DrizzleTransactionLike, fromDrizzle, type JobWithMetadata, type PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import { anySignal } from '../any-signal.ts';
import { badUserInput, type ErrorRecord, GlassgraphError, toErrorRecord } from '../errors.ts';
import type { PrefetchRequest } from '../graph/builder/context.ts';
import { prefetchQueue, workOptions } from '../jobs/boss.ts';
import type { JobWatch } from '../jobs/watch.ts';
import { persistently } from '../store/away.ts';
import type { Database } from '../store/database.ts';
import { createJob, finishJob, getJob, getJobs, type JobRow, startJob, updateProgress } from '../store/jobs.ts';

/** Prefetches that are waited for at a time: they only wait. */
const concurrency = 8;
const progressMs = 500;

/** A document on the way that any request takes, with the same limits. */
export interface Documents {
  /** Throws what is wrong with it. */
  check(request: PrefetchRequest): DocumentNode;
  /** Waits for all of its answers; `jobs` are those that it waits for. Resolves to the errors of the answer. */
  execute(request: PrefetchRequest, signal: AbortSignal, jobs: Set<string>): Promise<readonly GraphQLError[]>;
}

interface PrefetcherOptions {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly watch: JobWatch;
  readonly documents: Documents;
  readonly log: Logger;
}

/** Jobs that ask a document and drop its answers: what they are read from is kept then. */
export class Prefetcher {
  readonly #options: PrefetcherOptions;

  constructor(options: PrefetcherOptions) {
    this.#options = options;
  }

  async submit(request: PrefetchRequest): Promise<JobRow> {
    const { database, boss, documents } = this.#options;
    const operation = getOperationAST(documents.check(request), request.operationName);
    if (operation?.operation !== 'query')
      throw badUserInput(
        'input.query',
        'Only a query can be computed ahead; this is none, or `operationName` is not in it.',
      );
    const id = randomUUID();
    const title = `prefetch of ${operation.name?.value ?? 'a query'}`;
    await database.db.transaction(async (tx) => {
      await createJob(tx, { id, title, queue: prefetchQueue, isTold: true });
      await boss.send(prefetchQueue, request, { id, db: fromDrizzle(tx as unknown as DrizzleTransactionLike, sql) });
    });
    return (await getJob(database.db, id)) as JobRow;
  }

  async start(): Promise<void> {
    const { boss } = this.#options;
    for (let at = 0; at < concurrency; at++)
      await boss.work(prefetchQueue, workOptions, async ([job]: JobWithMetadata<PrefetchRequest>[]) => {
        if (job !== undefined) await this.#run(job);
      });
  }

  /** Left to the queue when this server stops or was thought lost: what was computed until then is kept. */
  async #run({ id, data, signal }: JobWithMetadata<PrefetchRequest>): Promise<void> {
    const { database, watch, documents, log } = this.#options;
    if ((await persistently(signal, () => startJob(database.db, id))) === undefined) return;
    const [cancelling, over] = [new AbortController(), new AbortController()];
    void watch.abortWhenCancelled(id, cancelling, over.signal);
    const jobs = new Set<string>();
    const reporting = this.#report(id, jobs, over.signal);
    let error: ErrorRecord | null;
    try {
      error = failureOf(await documents.execute(data, anySignal([signal, cancelling.signal]), jobs));
    } catch (caught) {
      log.error({ job: id, err: caught }, 'prefetch failed');
      error = toErrorRecord(caught);
    } finally {
      over.abort();
      await reporting;
    }
    if (signal.aborted || cancelling.signal.aborted) return;
    await persistently(signal, async () => {
      if (error === null) await updateProgress(database.db, id, completed(await getJobs(database.db, [...jobs])));
      await finishJob(database.db, id, error);
    });
  }

  /** Its progress is that of its passes together. */
  async #report(id: string, jobs: ReadonlySet<string>, over: AbortSignal): Promise<void> {
    const { db } = this.#options.database;
    const tell = async (): Promise<void> => updateProgress(db, id, progressOf(await getJobs(db, [...jobs])));
    while (!over.aborted) {
      await sleep(progressMs, undefined, { signal: over }).catch(() => undefined);
      // Progress that cannot be written is no reason to lose the prefetch.
      await tell().catch(() => undefined);
    }
  }
}

function progressOf(passes: readonly JobRow[]): Parameters<typeof updateProgress>[2] {
  const sum = (of: (pass: JobRow) => number): number => passes.reduce((total, pass) => total + of(pass), 0);
  const isCounted = passes.every(({ rowsTotal }) => rowsTotal !== null);
  const running = passes.filter(({ state }) => state === 'RUNNING');
  return {
    rowsDone: sum(({ rowsDone }) => rowsDone),
    rowsTotal: isCounted ? sum(({ rowsTotal }) => rowsTotal ?? 0) : null,
    rowsPerSecond: running.reduce((total, { rowsPerSecond }) => total + (rowsPerSecond ?? 0), 0),
  };
}

/** Answers may be there a moment before their pass has told of its last rows. */
function completed(passes: readonly JobRow[]): Parameters<typeof updateProgress>[2] {
  const { rowsTotal, rowsDone } = progressOf(passes);
  return { rowsDone: rowsTotal ?? rowsDone, rowsTotal: rowsTotal ?? rowsDone, rowsPerSecond: null };
}

/** The first error, and how many there are. */
function failureOf(errors: readonly GraphQLError[]): ErrorRecord | null {
  const [first] = errors;
  if (first === undefined) return null;
  const { code, ...details } = first.extensions;
  const others = errors.length === 1 ? '' : ` And ${errors.length - 1} more fields of the document failed.`;
  return toErrorRecord(
    new GlassgraphError(
      code as ErrorRecord['code'],
      `${first.path?.join('.') ?? 'The document'}: ${first.message}${others}`,
      details,
    ),
  );
}
