import { sql } from 'drizzle-orm';
import { type DrizzleTransactionLike, fromDrizzle, type PgBoss } from 'pg-boss';
import type { ErrorRecord } from '../errors.ts';
import type { Database } from '../store/database.ts';
import { finishJob, type JobRow } from '../store/jobs.ts';
import { release } from '../store/results.ts';

export const cancelled: ErrorRecord = {
  code: 'CANCELLED',
  message: 'The job that computed this was cancelled. Ask again to have it computed.',
  details: {},
};

/** Nobody is left to be told: who asks meanwhile has it computed anew. */
export const abandoned: ErrorRecord = {
  code: 'CANCELLED',
  message: 'Every request that waited for this was aborted.',
  details: { isAbandoned: true },
};

/** Ends a job that has not ended, and gives up its claims: whoever waits for them gets the reason. */
export async function cancelJob({ db }: Database, boss: PgBoss, job: JobRow, reason: ErrorRecord): Promise<void> {
  await db.transaction(async (tx) => {
    if (!(await finishJob(tx, job.id, reason))) return;
    await release(tx, job.id);
    await boss.cancel(job.queue, job.id, { db: fromDrizzle(tx as unknown as DrizzleTransactionLike, sql) });
  });
}
