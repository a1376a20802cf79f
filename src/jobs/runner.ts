import type { JobWithMetadata, PgBoss } from 'pg-boss';
import type { Logger } from 'pino';
import type { ComputePool } from '../compute/process/pool.ts';
import { ComputeProcessLost } from '../compute/process/process.ts';
import { analysisFailed, toErrorRecord } from '../errors.ts';
import type { JobRequest, KeptPart, PassEnvironment, PassProgress, PassResult } from '../pass/protocol.ts';
import type { Database } from '../store/database.ts';
import { removeUnnamed } from '../store/files.ts';
import { finishJob, startJob } from '../store/jobs.ts';
import { complete, getClaims, getResults, release } from '../store/results.ts';
import { passQueue, workOptions } from './boss.ts';
import { ProgressReport } from './progress.ts';

/** A pass whose compute process dies this often is not tried again. */
const attemptLimit = 3;

export interface RunnerOptions {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly pool: ComputePool;
  readonly environment: PassEnvironment;
  /** Passes at a time. */
  readonly concurrency: number;
  readonly log: Logger;
}

/** 4. Run: takes passes off the queue, has compute processes run them, and keeps every result as soon as it is there. */
export class Runner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { boss, concurrency } = this.#options;
    for (let at = 0; at < concurrency; at++) {
      let worker = '';
      worker = await boss.work(passQueue, workOptions, async ([job]: JobWithMetadata<JobRequest>[]) => {
        if (job !== undefined) await this.#run(job);
        // Another may be waiting: no reason to sit out the polling interval.
        boss.notifyWorker(worker);
      });
    }
  }

  /**
   * Ends in DONE or FAILED, also when it throws: what is left of its claims is given up with the job. Not so when the queue has
   * taken the job back (this server stops, or was thought lost): it is run again, here or elsewhere.
   */
  async #run({ id, data, signal }: JobWithMetadata<JobRequest>): Promise<void> {
    const { database, log } = this.#options;
    try {
      await this.#attempts(id, data, signal);
      await database.db.transaction((tx) => finishJob(tx, id, null));
    } catch (error) {
      if (signal.aborted) {
        log.warn({ job: id }, 'pass went back to the queue');
        return;
      }
      const record = toErrorRecord(error);
      log[record.code === 'INTERNAL_SERVER_ERROR' ? 'error' : 'warn']({ job: id, err: error }, 'pass failed');
      await database.db.transaction(async (tx) => {
        await finishJob(tx, id, record);
        await release(tx, id);
      });
    }
  }

  /** A process that is lost is a reason to try again; an error that the pass itself reports would only come again. */
  async #attempts(id: string, request: JobRequest, signal: AbortSignal): Promise<void> {
    for (;;) {
      const job = await startJob(this.#options.database.db, id);
      if (job === undefined) return;
      try {
        return await this.#attempt(id, request, signal);
      } catch (error) {
        if (!(error instanceof ComputeProcessLost)) throw error;
        this.#options.log.warn({ job: id, attempt: job.attempts, err: error }, 'compute process lost');
        if (job.attempts < attemptLimit) continue;
        throw analysisFailed(
          `The compute process died ${job.attempts} times during this pass, perhaps for want of memory. ` +
            'The server’s log has the details; ask for fewer rows, or give the server more memory.',
          { attempts: job.attempts },
        );
      }
    }
  }

  async #attempt(id: string, request: JobRequest, signal: AbortSignal): Promise<void> {
    const { database, pool, environment, log } = this.#options;
    const startedMs = performance.now();
    const open = await this.#stillOpen(id, request);
    const kept = await this.#keptParts(open);
    const progress = new ProgressReport(database, id);
    // One after the other: who sees a reading finds its part as well.
    let writes: Promise<void> = Promise.resolve();
    const keep = (result: PassResult): Promise<void> =>
      database.db
        .transaction((tx) => complete(tx, id, result))
        .then((isKept) => (isKept ? undefined : removeUnnamed(database.db, environment.home, result.files)))
        .catch((error: unknown) => log.error({ job: id, key: result.key, err: error }, 'a result could not be kept'));
    try {
      await pool.run(
        'pass',
        { request: open, kept, environment },
        {
          signal,
          onProgress: (value) => progress.report(value as PassProgress),
          onEmit: (value) => {
            writes = writes.then(() => keep(value as PassResult));
          },
        },
      );
    } finally {
      await writes;
      await progress.close();
    }
    const { analyses, readings } = await this.#stillOpen(id, request);
    if (analyses.length + readings.length > 0) throw new Error('the pass ended without all of its results');
    const { rowsDone } = progress;
    const durationMs = Math.round(performance.now() - startedMs);
    const rowsPerSecond = Math.round((rowsDone / Math.max(durationMs, 1)) * 1000);
    const keys = [...open.analyses, ...open.readings].map(({ key }) => key);
    log.info(
      { job: id, keys, rows: rowsDone, durationMs, rowsPerSecond, memoryBytes: progress.memoryBytes },
      'pass done',
    );
  }

  /** Without what an earlier attempt has already kept. */
  async #stillOpen(id: string, request: JobRequest): Promise<JobRequest> {
    const questions = [...request.analyses, ...request.readings];
    const claims = await getClaims(
      this.#options.database.db,
      questions.map(({ key }) => key),
    );
    const open = new Set(claims.filter((one) => one.jobId === id && !one.isDone).map(({ key }) => key));
    const isOpen = ({ key }: { key: string }): boolean => open.has(key);
    return { ...request, analyses: request.analyses.filter(isOpen), readings: request.readings.filter(isOpen) };
  }

  async #keptParts({ analyses, readings }: JobRequest): Promise<Record<string, KeptPart>> {
    const ours = new Set(analyses.map(({ key }) => key));
    const wanted = [...analyses, ...readings].flatMap(({ partKeys }) => partKeys).filter((key) => !ours.has(key));
    const rows = await getResults(this.#options.database.db, [...new Set(wanted)]);
    return Object.fromEntries(
      rows.map(({ key, value, rowCount, skippedRowCount }) => [key, { value, rowCount, skippedRowCount }]),
    );
  }
}
