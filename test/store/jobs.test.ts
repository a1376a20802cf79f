import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertDataset } from '../../src/store/datasets.ts';
import {
  createJob,
  finishJob,
  getJob,
  jobChannel,
  listJobs,
  openJobs,
  requeueJob,
  startJob,
  updateProgress,
} from '../../src/store/jobs.ts';
import { deleteModel, insertModel } from '../../src/store/models.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { newDataset, newModel } from '../support/rows.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let about: { modelId: string; datasetId: string };
const heard: string[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  const { id: modelId } = await insertModel(database.db, newModel('ctr', '1'));
  const { id: datasetId } = await insertDataset(database.db, newDataset('clicks', '1'));
  about = { modelId, datasetId };
  await database.listen(jobChannel, (id) => heard.push(id));
});
afterAll(() => database[Symbol.asyncDispose]());

async function newJob(title = 'a pass'): Promise<string> {
  const id = randomUUID();
  await createJob(database.db, { id, title, ...about });
  return id;
}

const failure = { code: 'ANALYSIS_FAILED', message: 'on purpose', details: { attempts: 3 } } as const;

test('a job is queued, runs with progress, and is done; each step is heard of', async () => {
  const id = await newJob('moments of ctr on clicks');
  expect(await getJob(database.db, id)).toMatchObject({
    ...about,
    title: 'moments of ctr on clicks',
    state: 'QUEUED',
    attempts: 0,
    rowsTotal: null,
    error: null,
    startedAt: null,
  });
  expect(await startJob(database.db, id)).toMatchObject({ id, state: 'RUNNING', attempts: 1 });
  await updateProgress(database.db, id, { rowsDone: 2 ** 40, rowsTotal: 2 ** 41, rowsPerSecond: 0.5 });
  expect(await getJob(database.db, id)).toMatchObject({ rowsDone: 2 ** 40, rowsTotal: 2 ** 41, rowsPerSecond: 0.5 });
  await finishJob(database.db, id, null);
  expect(await getJob(database.db, id)).toMatchObject({ state: 'DONE', error: null, finishedAt: expect.any(Date) });
  await eventually(() => expect(heard).toEqual([id, id, id]));
});

test('an attempt that was interrupted goes back to the queue, and the next one counts its rows from zero', async () => {
  const id = await newJob();
  await startJob(database.db, id);
  await updateProgress(database.db, id, { rowsDone: 10, rowsTotal: 20, rowsPerSecond: 1 });
  await requeueJob(database.db, id);
  expect(await getJob(database.db, id)).toMatchObject({ state: 'QUEUED', attempts: 1 });
  expect(await startJob(database.db, id)).toMatchObject({ attempts: 2, rowsDone: 0, rowsPerSecond: null });
});

test('what has ended stays as it ended', async () => {
  const id = await newJob();
  await finishJob(database.db, id, failure);
  const ended = await getJob(database.db, id);
  expect(ended).toMatchObject({ state: 'FAILED', error: failure });
  await finishJob(database.db, id, null);
  await requeueJob(database.db, id);
  expect(await startJob(database.db, id)).toBeUndefined();
  expect(await getJob(database.db, id)).toEqual(ended);
});

test('jobs are listed newest first, by state', async () => {
  const [queued, failed] = [await newJob(), await newJob()];
  await finishJob(database.db, failed, failure);
  const list = async (...[states, page]: [Parameters<typeof listJobs>[1], Parameters<typeof listJobs>[2]]) =>
    (await listJobs(database.db, states, page)).rows.map(({ id }) => id);
  expect(await list(null, { limit: 2 })).toEqual([failed, queued]);
  expect(await list(['QUEUED'], { limit: 1 })).toEqual([queued]);
  expect(await list(['FAILED', 'QUEUED'], { limit: 2 })).toEqual([failed, queued]);
  expect(await listJobs(database.db, ['CANCELLED'], { limit: 1 })).toEqual({ rows: [], totalCount: 0 });
  const open = (await openJobs(database.db)).map(({ id }) => id);
  expect(open).toContain(queued);
  expect(open).not.toContain(failed);
});

test('a job outlives its model', async () => {
  const id = await newJob();
  await deleteModel(database.db, about.modelId);
  expect(await getJob(database.db, id)).toMatchObject({ modelId: null, datasetId: about.datasetId });
});
