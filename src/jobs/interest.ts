import { randomUUID } from 'node:crypto';
import type { PgBoss } from 'pg-boss';
import type { Database } from '../store/database.ts';
import { addWaiting, isUnwanted, removeWaiting, tellJob } from '../store/jobs.ts';
import { abandoned, cancelJob } from './cancel.ts';

/**
 * Who waits for a job. One whose id a client knows runs until it is done or cancelled; one that nobody was told of is stopped when
 * its last request is aborted, on whichever server that is. A database that is away learns nothing of it: then the job runs on.
 */
export class Interest {
  readonly #database: Database;
  readonly #boss: PgBoss;
  readonly #server = randomUUID();
  readonly #counts = new Map<string, number>();
  #isClosed = false;

  constructor(database: Database, boss: PgBoss) {
    this.#database = database;
    this.#boss = boss;
  }

  async begin(jobId: string): Promise<void> {
    const count = this.#counts.get(jobId) ?? 0;
    this.#counts.set(jobId, count + 1);
    if (count === 0) await addWaiting(this.#database.db, jobId, this.#server).catch(() => undefined);
  }

  async end(jobId: string, { isAborted }: { isAborted: boolean }): Promise<void> {
    const count = (this.#counts.get(jobId) ?? 1) - 1;
    if (count > 0) return void this.#counts.set(jobId, count);
    this.#counts.delete(jobId);
    // A server that stops leaves its passes to whoever starts next.
    if (!this.#isClosed) await this.#leave(jobId, isAborted).catch(() => undefined);
  }

  async #leave(jobId: string, isAborted: boolean): Promise<void> {
    const job = await removeWaiting(this.#database.db, jobId, this.#server);
    if (isAborted && job !== undefined && isUnwanted(job)) await cancelJob(this.#database, this.#boss, job, abandoned);
  }

  tell(jobId: string): Promise<void> {
    return tellJob(this.#database.db, jobId);
  }

  close(): void {
    this.#isClosed = true;
  }
}
