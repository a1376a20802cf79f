import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { deleteDataset, insertDataset } from '../../src/store/datasets.ts';
import { Lookups } from '../../src/store/lookups.ts';
import { insertModel, setAlias } from '../../src/store/models.ts';
import { freshDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { newDataset, newModel } from '../support/rows.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let lookups: Lookups;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => {
  lookups = new Lookups(database.db);
});

test('the same name, version and alias are looked up once for all who ask', async () => {
  await insertModel(database.db, newModel('once', '1'));
  const name = { name: 'once' };
  expect(await lookups.model(name)).toBe(await lookups.model({ ...name }));
  expect(await lookups.model({ ...name, version: '1' })).toMatchObject({ name: 'once', version: '1' });
  expect(await lookups.model({ ...name, version: '2' })).toBeUndefined();
  expect(await lookups.dataset(name)).toBeUndefined();
});

test('what is missing is looked for every time', async () => {
  expect(await lookups.dataset({ name: 'late' })).toBeUndefined();
  await insertDataset(database.db, newDataset('late', '1'));
  expect(await lookups.dataset({ name: 'late' })).toMatchObject({ name: 'late' });
});

test('after a change of our own, nothing old is told', async () => {
  const first = await insertModel(database.db, newModel('ours', '1'));
  const second = await insertModel(database.db, newModel('ours', '2'));
  await setAlias(database.db, first, 'champion');
  expect(await lookups.model({ name: 'ours', alias: 'champion' })).toMatchObject({ version: '1' });
  await setAlias(database.db, second, 'champion');
  lookups.forget();
  expect(await lookups.model({ name: 'ours', alias: 'champion' })).toMatchObject({ version: '2' });
});

test('a change that another server makes is seen within little more than a second', async () => {
  const { id } = await insertDataset(database.db, newDataset('theirs', '1'));
  expect(await lookups.dataset({ name: 'theirs' })).toBeDefined();
  await deleteDataset(database.db, id);
  const deletedMs = performance.now();
  await eventually(async () => expect(await lookups.dataset({ name: 'theirs' })).toBeUndefined());
  expect(performance.now() - deletedMs).toBeLessThan(3000);
});

test('a failure is nobody else’s answer', async () => {
  const broken = await freshDatabase();
  const failing = new Lookups(broken.db);
  await broken[Symbol.asyncDispose]();
  await expect(failing.model({ name: 'any' })).rejects.toThrow();
  await expect(failing.model({ name: 'any' })).rejects.toThrow();
});
