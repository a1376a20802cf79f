import type { ErrorRecord } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { getJob } from '../store/jobs.ts';
import { getClaims, resultChannel } from '../store/results.ts';

export type Outcome =
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly error: ErrorRecord }
  /** Time ran out, or the request was aborted, while this job was at it. */
  | { readonly state: 'pending'; readonly jobId: string }
  /** The claim was given up without an error of its own: ask again. */
  | { readonly state: 'released' };

/** Behind a notification that was lost, e.g. with its connection. */
const pollMs = 1000;

/** Waits for results that other passes compute. One listener for all that wait in this process. */
export class ResultWaiter {
  readonly #database: Database;
  readonly #waiting = new Map<string, Set<() => void>>();
  #unlisten: () => Promise<void> = async () => undefined;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<ResultWaiter> {
    const waiter = new ResultWaiter(database);
    waiter.#unlisten = await database.listen(resultChannel, (key) => {
      for (const wake of waiter.#waiting.get(key) ?? []) wake();
    });
    return waiter;
  }

  close(): Promise<void> {
    return this.#unlisten();
  }

  /** Until the deadline, on the clock of `performance.now()`. `claimedBy`: the job known to have claimed the key. */
  async wait(
    key: string,
    { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal },
    claimedBy: string | null,
  ): Promise<Outcome> {
    let jobId = claimedBy;
    for (;;) {
      const woken = this.#next(key, Math.min(pollMs, deadlineMs - performance.now()), signal);
      const [claim] = await getClaims(this.#database.db, [key]);
      if (claim?.isDone) return { state: 'done' };
      if (claim === undefined) return this.#released(jobId);
      jobId = claim.jobId;
      if (signal.aborted || performance.now() >= deadlineMs) return { state: 'pending', jobId };
      await woken;
    }
  }

  async #released(jobId: string | null): Promise<Outcome> {
    const job = jobId === null ? undefined : await getJob(this.#database.db, jobId);
    return job?.error == null ? { state: 'released' } : { state: 'failed', error: job.error };
  }

  #next(key: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wakers = this.#waiting.get(key) ?? new Set();
      this.#waiting.set(key, wakers);
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        wakers.delete(wake);
        if (wakers.size === 0) this.#waiting.delete(key);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, timeoutMs));
      signal.addEventListener('abort', wake);
      wakers.add(wake);
    });
  }
}
