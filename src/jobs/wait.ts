import type { ErrorRecord } from '../errors.ts';
import { isAway } from '../store/away.ts';
import type { Database } from '../store/database.ts';
import { Gathered } from '../store/gathered.ts';
import { getJob } from '../store/jobs.ts';
import { type Claim, getClaims, resultChannel } from '../store/results.ts';
import type { Interest } from './interest.ts';
import { Notifications } from './notifications.ts';

export type Outcome =
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly error: ErrorRecord }
  /** Time ran out, or the request was aborted, while this job was at it. */
  | { readonly state: 'pending'; readonly jobId: string }
  /** The claim was given up without an error of its own: ask again. */
  | { readonly state: 'released' };

/** A request that waits: until when, on the clock of `performance.now()`, or until it is aborted. */
export interface Waiting {
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Hears of each job that it waits for. */
  onJob?(jobId: string): void;
}

/** Behind a notification that was lost, e.g. with its connection. */
const pollMs = 1000;
/** All who wait look at the same moments, so that one query tells them. */
const untilPollMs = (): number => pollMs - (performance.now() % pollMs);

/** Waits for results that other passes compute. */
export class ResultWaiter {
  readonly #database: Database;
  readonly #claims: Gathered<Claim>;
  readonly #interest: Interest;
  readonly #notifications: Notifications;
  #latestMs = Number.POSITIVE_INFINITY;

  private constructor(database: Database, interest: Interest, notifications: Notifications) {
    this.#database = database;
    this.#claims = new Gathered((keys) => getClaims(database.db, keys));
    this.#interest = interest;
    this.#notifications = notifications;
  }

  static async open(database: Database, interest: Interest): Promise<ResultWaiter> {
    return new ResultWaiter(database, interest, await Notifications.open(database, resultChannel));
  }

  /** From now on nobody waits longer than this, but for those who wait without end. */
  hurry(ms: number): void {
    this.#latestMs = performance.now() + ms;
  }

  close(): Promise<void> {
    return this.#notifications.close();
  }

  /** `claimedBy`: the job known to have claimed the key. */
  async wait(key: string, waiting: Waiting, claimedBy: string | null): Promise<Outcome> {
    const { signal } = waiting;
    const deadlineMs = () =>
      Number.isFinite(waiting.deadlineMs) ? Math.min(waiting.deadlineMs, this.#latestMs) : waiting.deadlineMs;
    let jobId = claimedBy;
    let awaited: string | undefined;
    try {
      for (;;) {
        const woken = this.#notifications.next(key, Math.min(untilPollMs(), deadlineMs() - performance.now()), signal);
        const isLate = signal.aborted || performance.now() >= deadlineMs();
        const claim = await this.#claimOf(key, isLate);
        if (claim === undefined) return this.#released(key, jobId);
        if (claim !== 'unknown') {
          if (claim.isDone) return { state: 'done' };
          jobId = claim.jobId;
          if (isLate && !signal.aborted) return await this.#pending(jobId);
          if (awaited !== jobId) {
            if (awaited !== undefined) await this.#interest.end(awaited, { isAborted: false });
            await this.#interest.begin(jobId);
            awaited = jobId;
            waiting.onJob?.(jobId);
          }
          if (signal.aborted) return { state: 'pending', jobId };
        }
        await woken;
      }
    } finally {
      if (awaited !== undefined) await this.#interest.end(awaited, { isAborted: signal.aborted });
    }
  }

  /** A database that is away may come back while there is time. */
  #claimOf(key: string, isLate: boolean) {
    return this.#claims.get([key]).then(
      ([claim]) => claim,
      (error: unknown) => {
        if (isLate || !isAway(error)) throw error;
        return 'unknown' as const;
      },
    );
  }

  /** Who is told of a job may come back for it. */
  async #pending(jobId: string): Promise<Outcome> {
    await this.#interest.tell(jobId);
    return { state: 'pending', jobId };
  }

  async #released(key: string, jobId: string | null): Promise<Outcome> {
    const job = jobId === null ? undefined : await getJob(this.#database.db, jobId);
    const error = job?.failures?.[key] ?? job?.error;
    return error == null || error.details.isAbandoned === true ? { state: 'released' } : { state: 'failed', error };
  }
}
