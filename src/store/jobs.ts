import { and, eq, inArray, sql } from 'drizzle-orm';
import type { ErrorRecord } from '../errors.ts';
import { notify, type Queries } from './database.ts';
import { type Page, type Paged, pageOf } from './paging.ts';
import { type JobState, jobs } from './schema.ts';

export type JobRow = typeof jobs.$inferSelect;

/** Notified with the id of a job whenever its state or progress changes. */
export const jobChannel = 'glassgraph_jobs';

const hasNotEnded = inArray(jobs.state, ['QUEUED', 'RUNNING']);
/** What has ended stays as it ended. */
const isOpen = (id: string) => and(eq(jobs.id, id), hasNotEnded);

export async function createJob(
  tx: Queries,
  job: { id: string; title: string; modelId: string; datasetId: string | null },
): Promise<void> {
  await tx.insert(jobs).values({ ...job, state: 'QUEUED' });
}

export async function getJob(db: Queries, id: string): Promise<JobRow | undefined> {
  const [found] = await db.select().from(jobs).where(eq(jobs.id, id));
  return found;
}

/** Jobs that have not ended. */
export async function openJobIds(db: Queries): Promise<string[]> {
  const rows = await db.select({ id: jobs.id }).from(jobs).where(hasNotEnded);
  return rows.map(({ id }) => id);
}

/** Newest first. */
export const listJobs = (db: Queries, states: readonly JobState[] | null, page: Page): Promise<Paged<JobRow>> =>
  pageOf(db, jobs, states === null ? undefined : inArray(jobs.state, [...states]), page);

/** Another attempt begins; undefined when the job has ended or is gone. */
export async function startJob(db: Queries, id: string): Promise<JobRow | undefined> {
  const [row] = await db
    .update(jobs)
    .set({ state: 'RUNNING', attempts: sql`${jobs.attempts} + 1`, startedAt: new Date(), rowsDone: 0 })
    .where(isOpen(id))
    .returning();
  await notify(db, jobChannel, id);
  return row;
}

export async function updateProgress(
  db: Queries,
  id: string,
  progress: { rowsDone: number; rowsTotal: number; rowsPerSecond: number },
): Promise<void> {
  await db.update(jobs).set(progress).where(eq(jobs.id, id));
  await notify(db, jobChannel, id);
}

export async function requeueJob(db: Queries, id: string): Promise<void> {
  await db.update(jobs).set({ state: 'QUEUED' }).where(isOpen(id));
  await notify(db, jobChannel, id);
}

export async function finishJob(db: Queries, id: string, error: ErrorRecord | null): Promise<void> {
  await db
    .update(jobs)
    .set({ state: error === null ? 'DONE' : 'FAILED', error, finishedAt: new Date() })
    .where(isOpen(id));
  await notify(db, jobChannel, id);
}
