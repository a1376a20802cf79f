import { inArray } from 'drizzle-orm';
import type { PgBoss } from 'pg-boss';
import { analysisFailed, type ErrorRecord, toErrorRecord } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { finishJob, requeueJob } from '../store/jobs.ts';
import { release } from '../store/results.ts';
import { jobs } from '../store/schema.ts';
import { passQueue } from './boss.ts';

/**
 * At the start of an embedded server nobody else can be running anything: what is active was left behind by a process that was
 * killed, and goes back to the queue at once.
 */
export async function requeueOrphans({ db }: Database, boss: PgBoss): Promise<void> {
  const running = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(inArray(jobs.state, ['RUNNING']));
  for (const { id } of running) {
    await boss.fail(passQueue, id);
    await requeueJob(db, id);
  }
}

const interrupted: ErrorRecord = toErrorRecord(
  analysisFailed('The server was stopped again and again while it computed this. Ask again.'),
);

/** Jobs that the queue has given up on, or does not know, end here: their claims must not be held for ever. */
export async function endAbandoned({ db }: Database, boss: PgBoss): Promise<void> {
  const open = await db
    .select({ id: jobs.id })
    .from(jobs)
    .where(inArray(jobs.state, ['QUEUED', 'RUNNING']));
  for (const { id } of open) {
    const [queued] = await boss.findJobs(passQueue, { id });
    if (queued !== undefined && ['created', 'retry', 'active'].includes(queued.state)) continue;
    await db.transaction(async (tx) => {
      await finishJob(tx, id, interrupted);
      await release(tx, id);
    });
  }
}
