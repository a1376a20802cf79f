import { anySignal } from '../any-signal.ts';
import { persistently } from '../store/away.ts';
import type { Database } from '../store/database.ts';
import { getJob, hasEnded, type JobRow, jobChannel } from '../store/jobs.ts';
import { Notifications } from './notifications.ts';

/** Behind a notification that was lost, e.g. with its connection. */
const pollMs = 1000;

/** Follows jobs, whoever runs them. */
export class JobWatch {
  readonly #database: Database;
  readonly #notifications: Notifications;
  readonly #closing = new AbortController();

  private constructor(database: Database, notifications: Notifications) {
    this.#database = database;
    this.#notifications = notifications;
  }

  static async open(database: Database): Promise<JobWatch> {
    return new JobWatch(database, await Notifications.open(database, jobChannel));
  }

  /** Whoever follows a job hears no more of it. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#notifications.close();
  }

  /**
   * The job as it is now, then after every change of state or progress, to its end, its deletion or an aborted signal. While the
   * database is away there is nothing to tell.
   */
  async *follow(id: string, aborted: AbortSignal): AsyncGenerator<JobRow> {
    const signal = anySignal([aborted, this.#closing.signal]);
    let last = '';
    while (!signal.aborted) {
      const woken = this.#notifications.next(id, pollMs, signal);
      const job = await persistently(signal, () => getJob(this.#database.db, id));
      if (job === undefined) return;
      const { state, rowsDone, rowsTotal, rowsPerSecond, attempts } = job;
      const now = JSON.stringify([state, rowsDone, rowsTotal, rowsPerSecond, attempts]);
      if (now !== last) yield job;
      if (hasEnded(job)) return;
      last = now;
      await woken;
    }
  }

  /** Aborts `controller` when the job is cancelled; until `over`. A database that is away says nothing. */
  async abortWhenCancelled(id: string, controller: AbortController, over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      try {
        for await (const { state } of this.follow(id, over)) if (state === 'CANCELLED') controller.abort();
        return;
      } catch {
        await this.#notifications.next(id, pollMs, over);
      }
    }
  }
}
