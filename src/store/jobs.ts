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
  job: Pick<JobRow, 'id' | 'title'> & Partial<Pick<JobRow, 'queue' | 'isTold' | 'modelId' | 'datasetId'>>,
): Promise<void> {
  await tx.insert(jobs).values({ ...job, state: 'QUEUED' });
}

export async function getJob(db: Queries, id: string): Promise<JobRow | undefined> {
  const [found] = await db.select().from(jobs).where(eq(jobs.id, id));
  return found;
}

export const hasEnded = ({ state }: JobRow): boolean => state !== 'QUEUED' && state !== 'RUNNING';

/** Jobs that have not ended; `now` by the database's clock. */
export const openJobs = (db: Queries): Promise<(Pick<JobRow, 'id' | 'queue'> & { now: Date })[]> =>
  db
    .select({ id: jobs.id, queue: jobs.queue, now: sql`now()`.mapWith(jobs.createdAt) })
    .from(jobs)
    .where(hasNotEnded);

/** A client learns the job's id. */
export async function tellJob(db: Queries, id: string): Promise<void> {
  await db
    .update(jobs)
    .set({ isTold: true })
    .where(and(isOpen(id), eq(jobs.isTold, false)));
}

/** A server has requests that wait for it … */
export async function addWaiting(db: Queries, id: string, server: string): Promise<void> {
  await db
    .update(jobs)
    .set({ waiting: sql`array_append(array_remove(${jobs.waiting}, ${server}), ${server})` })
    .where(isOpen(id));
}

/** … and has none any more. undefined when the job has ended. */
export async function removeWaiting(db: Queries, id: string, server: string): Promise<JobRow | undefined> {
  const [job] = await db
    .update(jobs)
    .set({ waiting: sql`array_remove(${jobs.waiting}, ${server})` })
    .where(isOpen(id))
    .returning();
  return job;
}

export const isUnwanted = ({ isTold, waiting }: JobRow): boolean => !isTold && waiting.length === 0;

export async function getJobs(db: Queries, ids: readonly string[]): Promise<JobRow[]> {
  return ids.length === 0
    ? []
    : db
        .select()
        .from(jobs)
        .where(inArray(jobs.id, [...ids]));
}

/** Newest first. */
export const listJobs = (db: Queries, states: readonly JobState[] | null, page: Page): Promise<Paged<JobRow>> =>
  pageOf(db, jobs, states === null ? undefined : inArray(jobs.state, [...states]), page);

/** Another attempt begins; undefined when the job has ended or is gone. */
export async function startJob(db: Queries, id: string): Promise<JobRow | undefined> {
  const [row] = await db
    .update(jobs)
    .set({
      state: 'RUNNING',
      attempts: sql`${jobs.attempts} + 1`,
      startedAt: new Date(),
      rowsDone: 0,
      rowsPerSecond: null,
    })
    .where(isOpen(id))
    .returning();
  await notify(db, jobChannel, id);
  return row;
}

export async function updateProgress(
  db: Queries,
  id: string,
  progress: { rowsDone: number; rowsTotal: number | null; rowsPerSecond: number | null },
): Promise<void> {
  await db.update(jobs).set(progress).where(isOpen(id));
  await notify(db, jobChannel, id);
}

export async function requeueJob(db: Queries, id: string): Promise<void> {
  await db.update(jobs).set({ state: 'QUEUED' }).where(isOpen(id));
  await notify(db, jobChannel, id);
}

/** `failures`: errors of single questions, by their keys, where they are not the job's. Returns whether it was still open. */
export async function finishJob(
  db: Queries,
  id: string,
  error: ErrorRecord | null,
  failures: Readonly<Record<string, ErrorRecord>> | null = null,
): Promise<boolean> {
  const ended = await db
    .update(jobs)
    .set({ state: stateAfter(error), error, failures, finishedAt: new Date(), waiting: [] })
    .where(isOpen(id))
    .returning({ id: jobs.id });
  await notify(db, jobChannel, id);
  return ended.length > 0;
}

function stateAfter(error: ErrorRecord | null): JobState {
  if (error === null) return 'DONE';
  return error.code === 'CANCELLED' ? 'CANCELLED' : 'FAILED';
}
