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

/**
 * Jobs that the queue has given up on, or does not know, end here: their claims must not be held for ever. Those that wait for a time to
 * come were queued before the clock was put back: nothing is queued for later.
 */
export async function endAbandoned({ db }: Database, boss: PgBoss): Promise<void> {
  for (const { id, queue, now } of await openJobs(db)) {
    const [queued] = await boss.findJobs(queue, { id });
    if (queued?.state === 'active') continue;
    if (queued?.state === 'created' || queued?.state === 'retry') {
      if (queued.startAfter > now) await boss.update(queue, undefined, { id, startAfter: 0 });
      continue;
    }
    await db.transaction(async (tx) => {
      await finishJob(tx, id, interrupted);
      await release(tx, id);
    });
  }
}
