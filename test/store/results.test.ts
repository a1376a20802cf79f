import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { PassResult } from '../../src/pass/protocol.ts';
import { deleteDataset, insertDataset } from '../../src/store/datasets.ts';
import { deleteModel, insertModel } from '../../src/store/models.ts';
import {
  claim,
  complete,
  evict,
  getClaims,
  getResults,
  type NewClaim,
  release,
  resultChannel,
  summarizeResults,
  touchResults,
} from '../../src/store/results.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { newDataset, newModel } from '../support/rows.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let about: { readonly modelId: string; readonly datasetId: string };
const heard: string[] = [];

beforeAll(async () => {
  database = await freshDatabase();
  await database.listen(resultChannel, (key) => heard.push(key));
});
afterAll(() => database[Symbol.asyncDispose]());

beforeEach(async () => {
  const { id: modelId } = await insertModel(database.db, newModel(randomUUID(), '1'));
  const { id: datasetId } = await insertDataset(database.db, newDataset(randomUUID(), '1'));
  about = { modelId, datasetId };
  return async () => {
    await deleteModel(database.db, modelId);
    heard.length = 0;
  };
});

const claims = (jobId: string, ...keys: string[]): NewClaim[] =>
  keys.map((key) => ({
    ...about,
    key,
    jobId,
    analysis: 'moments',
    modelDigest: 'm',
    datasetDigest: 'd',
    engineVersion: '0.1.0',
  }));

const result = (key: string, about: Partial<PassResult> = {}): PassResult => ({
  key,
  value: Uint8Array.of(0, 255, 39, 92, 10),
  files: [],
  rowCount: 100,
  skippedRowCount: 1,
  durationMs: 12.5,
  executor: 'ONNXRUNTIME',
  device: 'cpu',
  ...about,
});

test('a key belongs to the job that claims it first', async () => {
  const [first, second] = [randomUUID(), randomUUID()];
  expect(await claim(database.db, claims(first, 'b', 'a'))).toEqual(expect.arrayContaining(['a', 'b']));
  expect(await claim(database.db, claims(second, 'a', 'b', 'c'))).toEqual(['c']);
  expect(await claim(database.db, [])).toEqual([]);
  const held = await getClaims(database.db, ['a', 'c', 'never asked']);
  expect(held.toSorted((x, y) => (x.key < y.key ? -1 : 1))).toEqual([
    { key: 'a', jobId: first, isDone: false },
    { key: 'c', jobId: second, isDone: false },
  ]);
});

test('of many that claim the same keys at once, each key goes to one', async () => {
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const won = await Promise.all(
    Array.from({ length: 10 }, (_, at) => {
      // In every order: who inserts them one by one would wait for the other.
      const order = [...keys.slice(at % 5), ...keys.slice(0, at % 5)];
      return database.db.transaction((tx) => claim(tx, claims(randomUUID(), ...order)));
    }),
  );
  expect(won.flat().sort()).toEqual(keys);
});

test('a result is there with all that is known of it, and whoever waits hears of it', async () => {
  const jobId = randomUUID();
  await claim(database.db, claims(jobId, 'a', 'b'));
  expect(await getResults(database.db, ['a', 'b'])).toEqual([]);
  await database.db.transaction((tx) => complete(tx, jobId, result('a', { files: ['scores/1.parquet'] }), 1));
  const [kept, ...others] = await getResults(database.db, ['a', 'b', 'never asked']);
  expect(others).toEqual([]);
  expect(kept).toMatchObject({
    ...about,
    key: 'a',
    jobId,
    files: ['scores/1.parquet'],
    durationMs: 12.5,
    rowCount: 100,
  });
  expect([...(kept?.value ?? [])]).toEqual([0, 255, 39, 92, 10]);
  expect(kept?.computedAt).toBeInstanceOf(Date);
  await eventually(() => expect(heard).toEqual(['a']));
});

test('what a job claimed and did not compute is given up, and whoever waits hears of it', async () => {
  const [failed, other] = [randomUUID(), randomUUID()];
  await claim(database.db, claims(failed, 'a', 'b'));
  await claim(database.db, claims(other, 'c'));
  await complete(database.db, failed, result('a'), 1);
  await database.db.transaction((tx) => release(tx, failed));
  expect((await getClaims(database.db, ['a', 'b', 'c'])).map(({ key }) => key).sort()).toEqual(['a', 'c']);
  expect(await claim(database.db, claims(randomUUID(), 'b'))).toEqual(['b']);
  await eventually(() => expect(heard).toEqual(['a', 'b']));
});

test('a job that lost its claim cannot write into that of another', async () => {
  const [lost, other] = [randomUUID(), randomUUID()];
  await claim(database.db, claims(other, 'a'));
  await complete(database.db, lost, result('a'), 1);
  expect(await getResults(database.db, ['a'])).toEqual([]);
});

test('the summary counts results and their bytes, not claims', async () => {
  const jobId = randomUUID();
  expect(await summarizeResults(database.db)).toEqual({ resultCount: 0, bytes: 0 });
  await claim(database.db, claims(jobId, 'a', 'b', 'c'));
  await complete(database.db, jobId, result('a', { value: new Uint8Array(1000) }), 1000);
  await complete(database.db, jobId, result('b', { value: new Uint8Array(24) }), 24);
  expect(await summarizeResults(database.db)).toEqual({ resultCount: 2, bytes: 1024 });
});

test('a result remembers when it was last used', async () => {
  const jobId = randomUUID();
  await claim(database.db, claims(jobId, 'a'));
  await complete(database.db, jobId, result('a'), 1);
  const [before] = await getResults(database.db, ['a']);
  await eventually(() => expect(Date.now()).toBeGreaterThan(before?.usedAt.getTime() ?? 0));
  await touchResults(database.db, ['a', 'never asked']);
  const [after] = await getResults(database.db, ['a']);
  expect(after?.usedAt.getTime()).toBeGreaterThan(before?.usedAt.getTime() ?? 0);
  expect(after?.computedAt).toEqual(before?.computedAt);
});

test('beyond a size, those go that were used longest ago, and say which files they named', async () => {
  const jobId = randomUUID();
  await claim(database.db, claims(jobId, 'a', 'b', 'c', 'claimed'));
  for (const key of ['a', 'b', 'c'])
    await complete(database.db, jobId, result(key, { files: [`scores/${key}.parquet`] }), 100);
  for (const key of ['b', 'c', 'a']) {
    await touchResults(database.db, [key]);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await evict(database.db, 300)).toEqual([]);
  expect(await evict(database.db, 250)).toEqual(['scores/b.parquet']);
  expect((await getResults(database.db, ['a', 'b', 'c'])).map(({ key }) => key).sort()).toEqual(['a', 'c']);
  expect(await evict(database.db, 99)).toHaveLength(2);
  expect(await getClaims(database.db, ['claimed'])).toMatchObject([{ isDone: false }]);
});

test('results go with their dataset, and with their model', async () => {
  const jobId = randomUUID();
  await claim(database.db, claims(jobId, 'a'));
  await complete(database.db, jobId, result('a'), 1);
  await deleteDataset(database.db, about.datasetId);
  expect(await getResults(database.db, ['a'])).toEqual([]);
});
