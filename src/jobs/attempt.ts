import type { Logger } from 'pino';
import type { ComputePool } from '../compute/process/pool.ts';
import type { ErrorRecord } from '../errors.ts';
import type { JobRequest, KeptPart, PassEnvironment, PassFailure, PassProgress, PassResult } from '../pass/protocol.ts';
import { persistently } from '../store/away.ts';
import type { Database } from '../store/database.ts';
import { bytesOf, removeUnnamed } from '../store/files.ts';
import { finishJob, updateProgress } from '../store/jobs.ts';
import { complete, getClaims, getResults } from '../store/results.ts';
import { ProgressReport } from './progress.ts';

export interface AttemptServices {
  readonly database: Database;
  readonly pool: ComputePool;
  readonly environment: PassEnvironment;
  readonly log: Logger;
}

/** A part that a reading needs was evicted after the pass was planned: who waits asks again, and gets a pass with the part. */
export class PartGone extends Error {}

/** One attempt of a pass: a compute process runs what is still open, and each result is kept as soon as it is there. */
export class Attempt {
  /** Errors of single questions, by their keys. */
  readonly failures: Record<string, ErrorRecord> = {};
  /** Questions without a result; those that fail, or whose result cannot be kept, stay open until the job ends. */
  #openCount = 0;
  readonly #services: AttemptServices;
  readonly #id: string;
  readonly #request: JobRequest;
  readonly #signal: AbortSignal;

  constructor(services: AttemptServices, id: string, request: JobRequest, signal: AbortSignal) {
    this.#services = services;
    this.#id = id;
    this.#request = request;
    this.#signal = signal;
  }

  async run(): Promise<void> {
    const { database, pool, environment } = this.#services;
    const startedMs = performance.now();
    const open = await this.#stillOpen();
    this.#openCount = open.analyses.length + open.readings.length;
    const kept = await this.#keptParts(open);
    const progress = new ProgressReport(database, this.#id);
    // One after the other: who sees a reading finds its part as well.
    let writes: Promise<void> = Promise.resolve();
    try {
      await pool.run(
        'pass',
        { request: open, kept, environment },
        {
          signal: this.#signal,
          onProgress: (value) => progress.report(value as PassProgress),
          onEmit: (value) => {
            const one = value as PassResult | PassFailure;
            if ('error' in one) this.failures[one.key] = one.error;
            else writes = writes.then(() => this.#keep(one, progress));
          },
        },
      );
    } finally {
      await writes;
      await progress.close(this.#signal);
    }
    const { analyses, readings } = await this.#stillOpen();
    if (analyses.length + readings.length > 0) throw new Error('the pass ended without all of its results');
    this.#tell(open, progress, performance.now() - startedMs);
  }

  #tell({ analyses, readings }: JobRequest, { rowsDone, memoryBytes }: ProgressReport, elapsedMs: number): void {
    const durationMs = Math.round(elapsedMs);
    const rowsPerSecond = Math.round((rowsDone / Math.max(durationMs, 1)) * 1000);
    const keys = [...analyses, ...readings].map(({ key }) => key);
    const about = { job: this.#id, keys, rows: rowsDone, durationMs, rowsPerSecond, memoryBytes };
    this.#services.log.info(about, 'pass done');
  }

  /** With the last result the job is done: nobody who sees it finds a job that still runs. */
  async #keep(result: PassResult, { whole }: ProgressReport): Promise<void> {
    const { database, environment, log } = this.#services;
    const { home } = environment;
    try {
      const bytes = await bytesOf(home, result);
      const isLast = this.#openCount === 1;
      const isKept = await persistently(this.#signal, () =>
        database.db.transaction(async (tx) => {
          // The job before its results, as whoever cancels it takes them.
          if (isLast && whole !== undefined) await updateProgress(tx, this.#id, whole);
          if (isLast) await finishJob(tx, this.#id, null);
          return complete(tx, this.#id, result, bytes);
        }),
      );
      this.#openCount--;
      if (!isKept) await removeUnnamed(database.db, home, result.files);
    } catch (error) {
      log.error({ job: this.#id, key: result.key, err: error }, 'a result could not be kept');
    }
  }

  /** Without what an earlier attempt has already kept. */
  async #stillOpen(): Promise<JobRequest> {
    const questions = [...this.#request.analyses, ...this.#request.readings];
    const claims = await persistently(this.#signal, () =>
      getClaims(
        this.#services.database.db,
        questions.map(({ key }) => key),
      ),
    );
    const open = new Set(claims.filter((one) => one.jobId === this.#id && !one.isDone).map(({ key }) => key));
    const isOpen = ({ key }: { key: string }): boolean => open.has(key);
    const { analyses, readings } = this.#request;
    return { ...this.#request, analyses: analyses.filter(isOpen), readings: readings.filter(isOpen) };
  }

  async #keptParts({ analyses, readings }: JobRequest): Promise<Record<string, KeptPart>> {
    const ours = new Set(analyses.map(({ key }) => key));
    const wanted = new Set(
      [...analyses, ...readings].flatMap(({ partKeys }) => partKeys).filter((key) => !ours.has(key)),
    );
    const rows = await getResults(this.#services.database.db, [...wanted]);
    if (rows.length < wanted.size) throw new PartGone();
    return Object.fromEntries(
      rows.map(({ key, value, rowCount, skippedRowCount }) => [key, { value, rowCount, skippedRowCount }]),
    );
  }
}
