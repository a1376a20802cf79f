import type { PgBoss } from 'pg-boss';
import { analysisFailed, type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { finishJob, openJobs, requeueJob } from '../store/jobs.ts';
import { release } from '../store/results.ts';

/**
 * At the start of an embedded server nobody else can be running anything: what is active was left behind by a process that was
 * killed, and goes back to the queue at once.
 */
export async function requeueOrphans({ db }: Database, boss: PgBoss): Promise<void> {
  for (const { id, queue } of await openJobs(db)) {
    const [queued] = await boss.findJobs(queue, { id });
    if (queued?.state === 'active') await boss.fail(queue, id);
    await requeueJob(db, id);
  }
}

const interrupted: ErrorRecord = toErrorRecord(
  analysisFailed('The server was stopped again and again while it computed this. Ask again.'),
);

/** Jobs that the queue has given up on, or does not know, end here: their claims must not be held for ever. */
export async function endAbandoned({ db }: Database, boss: PgBoss): Promise<void> {
  for (const { id, queue } of await openJobs(db)) {
    const [queued] = await boss.findJobs(queue, { id });
    if (queued !== undefined && ['created', 'retry', 'active'].includes(queued.state)) continue;
    await db.transaction(async (tx) => {
      await finishJob(tx, id, interrupted);
      await release(tx, id);
    });
  }
}
