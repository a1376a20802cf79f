import type { JobWithMetadata, PgBoss } from 'pg-boss';
import { anySignal } from '../any-signal.ts';
import { ComputeProcessLost } from '../compute/process/lost.ts';
import { analysisFailed, type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { JobRequest } from '../pass/protocol.ts';
import { persistently } from '../store/away.ts';
import { finishJob, startJob } from '../store/jobs.ts';
import { release } from '../store/results.ts';
import { Attempt, type AttemptServices, PartGone } from './attempt.ts';
import { passQueue, workOptions } from './boss.ts';
import { abandoned } from './cancel.ts';
import { smallPassPriority } from './priority.ts';
import type { JobWatch } from './watch.ts';

/** A pass whose compute process dies this often is not tried again. */
const attemptLimit = 3;

export interface RunnerOptions extends AttemptServices {
  readonly boss: PgBoss;
  readonly watch: JobWatch;
  /** Passes at a time; one more for those over few rows. */
  readonly concurrency: number;
}

/** 4. Run: takes passes off the queue, has compute processes run them, and keeps every result as soon as it is there. */
export class Runner {
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Two lanes: what any pass may take, and one slot that the large ones leave free. */
  async start(): Promise<void> {
    const { concurrency } = this.#options;
    for (let at = 0; at < concurrency; at++) await this.#work({});
    await this.#work({ minPriority: smallPassPriority });
  }

  async #work(lane: { minPriority?: number }): Promise<void> {
    const { boss } = this.#options;
    let worker = '';
    const options = { ...workOptions, ...lane };
    worker = await boss.work(passQueue, options, async ([job]: JobWithMetadata<JobRequest>[]) => {
      if (job !== undefined) await this.#run(job);
      // Another may be waiting: no reason to sit out the polling interval.
      boss.notifyWorker(worker);
    });
  }

  /**
   * Ends in DONE, FAILED or CANCELLED, also when it throws: what is left of its claims is given up with the job. Not so when the
   * queue has taken the job back (this server stops, or was thought lost): it is run again, here or elsewhere.
   */
  async #run({ id, data, signal }: JobWithMetadata<JobRequest>): Promise<void> {
    const { log, watch } = this.#options;
    const [cancelling, over] = [new AbortController(), new AbortController()];
    void watch.abortWhenCancelled(id, cancelling, over.signal);
    const failures = {};
    try {
      await this.#attempts(id, data, anySignal([signal, cancelling.signal]), failures);
      await this.#finish(id, signal, null);
    } catch (error) {
      if (signal.aborted) return log.warn({ job: id }, 'pass went back to the queue');
      if (cancelling.signal.aborted) return log.info({ job: id }, 'pass cancelled');
      if (error instanceof PartGone) return await this.#finish(id, signal, abandoned);
      const record = toErrorRecord(error);
      log[record.code === 'INTERNAL_SERVER_ERROR' ? 'error' : 'warn']({ job: id, err: error }, 'pass failed');
      await this.#finish(id, signal, record, failures);
    } finally {
      over.abort();
    }
  }

  #finish(
    id: string,
    signal: AbortSignal,
    error: ErrorRecord | null,
    failures: Readonly<Record<string, ErrorRecord>> | null = null,
  ): Promise<void> {
    return persistently(signal, () =>
      this.#options.database.db.transaction(async (tx) => {
        await finishJob(tx, id, error, failures);
        if (error !== null) await release(tx, id);
      }),
    );
  }

  /** A process that is lost is a reason to try again; an error that the pass itself reports would only come again. */
  async #attempts(
    id: string,
    request: JobRequest,
    signal: AbortSignal,
    failures: Record<string, ErrorRecord>,
  ): Promise<void> {
    for (;;) {
      const job = await persistently(signal, () => startJob(this.#options.database.db, id));
      if (job === undefined) return;
      const attempt = new Attempt(this.#options, id, request, signal);
      try {
        return await attempt.run();
      } catch (error) {
        Object.assign(failures, attempt.failures);
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
}
