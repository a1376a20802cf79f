import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  datasetNames,
  deleteDataset,
  getDataset,
  getDatasetById,
  insertDataset,
  listDatasets,
} from '../../src/store/datasets.ts';
import { freshDatabase } from '../support/database.ts';
import { newDataset } from '../support/rows.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
const insert = (...dataset: Parameters<typeof newDataset>) => insertDataset(database.db, newDataset(...dataset));
beforeAll(async () => {
  database = await freshDatabase();
  for (const version of ['2012', '2013']) await insert('flights', version);
  await insert('clicks', '1');
});
afterAll(() => database[Symbol.asyncDispose]());

test('a row is kept as it was given', async () => {
  const dataset = newDataset('kept', '1', {
    files: [{ path: '/data/a.parquet', sizeBytes: 2 ** 40, modifiedMs: 1.5, rowCount: 3 }],
    columns: [{ name: 'ids', type: 'BIGINT[]' }],
    rowCount: 2 ** 40,
    label: 'late',
    partitionBy: 'month',
    partitions: [{ name: '2013-01', rowCount: 3, positiveCount: null }],
  });
  const inserted = await insertDataset(database.db, dataset);
  expect(inserted).toMatchObject(dataset);
  expect(await getDatasetById(database.db, inserted.id)).toEqual(inserted);
  await deleteDataset(database.db, inserted.id);
});

test('the same again returns what is there; the same version with other bytes or settings is a conflict', async () => {
  const first = await getDataset(database.db, { name: 'flights', version: '2012' });
  expect(await insert('flights', '2012')).toEqual(first);
  const refused = { code: 'CONFLICT', message: expect.stringContaining('“2012” of the dataset “flights”') };
  await expect(insert('flights', '2012', { digest: 'another' })).rejects.toMatchObject(refused);
  await expect(insert('flights', '2012', { description: 'now with one' })).rejects.toMatchObject(refused);
});

test('without a version, the one registered last is found', async () => {
  expect(await getDataset(database.db, { name: 'flights' })).toMatchObject({ version: '2013' });
  expect(await getDataset(database.db, { name: 'flights', version: '1999' })).toBeUndefined();
});

test('lists hold the latest of each name, or all versions of one name, newest first', async () => {
  const list = async (filter: Parameters<typeof listDatasets>[1]) => {
    const { rows, totalCount } = await listDatasets(database.db, filter, { limit: 10 });
    return { found: rows.map(({ name, version }) => `${name} ${version}`), totalCount };
  };
  expect(await list({})).toEqual({ found: ['clicks 1', 'flights 2013'], totalCount: 2 });
  expect(await list({ search: 'LIGHT' })).toEqual({ found: ['flights 2013'], totalCount: 1 });
  expect(await list({ name: 'flights' })).toEqual({ found: ['flights 2013', 'flights 2012'], totalCount: 2 });
  expect((await datasetNames(database.db)).sort()).toEqual(['clicks', 'flights']);
});
