import { join } from 'node:path';
import { expect, test } from 'vitest';
import { columnCodes, columnNumbers } from '../../src/data/column-values.ts';
import { registerDataset } from '../../src/data/register.ts';
import type { RowSelection } from '../../src/data/types.ts';
import { temporaryFolder, writeParquet } from './parquet.ts';

const all: RowSelection = { partitions: null, where: [], invalid: 'FAIL' };

async function fiveRows() {
  const folder = await temporaryFolder();
  const select = (rows: string) => `SELECT * FROM (VALUES ${rows}) t(day, word, price)`;
  const paths = [
    await writeParquet(join(folder, 'a.parquet'), select(`(1, 'x', 1), (1, 'y', NULL), (2, 'x', 3)`)),
    await writeParquet(join(folder, 'b.parquet'), select(`(2, NULL, 4), (NULL, 'x', 5)`)),
  ];
  return registerDataset(paths, { label: null, groupBy: null, partitionBy: 'day' });
}

test('codes number the values of a column, in the order of their first rows', async () => {
  const { codes, values } = await columnCodes(await fiveRows(), 'word', {
    selection: all,
    index: Float64Array.of(1, 2, 3, 4),
  });
  expect([...codes]).toEqual([0, 1, -1, 1]);
  expect(values).toEqual(['y', 'x']);
});

test('numbers are NaN for null', async () => {
  const numbers = await columnNumbers(await fiveRows(), 'price', { selection: all, index: Float64Array.of(0, 1, 4) });
  expect([...numbers]).toEqual([1, Number.NaN, 5]);
});

test('only selected rows are read', async () => {
  const selection = { ...all, partitions: ['2'] };
  const index = Float64Array.of(2, 3);
  expect([...(await columnNumbers(await fiveRows(), 'price', { selection, index }))]).toEqual([3, 4]);
});

test('whole numbers beyond 2^53 are told apart', async () => {
  const path = join(await temporaryFolder(), 'a.parquet');
  await writeParquet(path, 'SELECT unnest([9007199254740992, 9007199254740993, 9007199254740992, NULL]) AS id');
  const dataset = await registerDataset([path], { label: null, groupBy: null, partitionBy: null });
  const { codes, values } = await columnCodes(dataset, 'id', { selection: all, index: Float64Array.of(0, 1, 2, 3) });
  expect([...codes]).toEqual([0, 1, 0, -1]);
  expect(values).toEqual(['9007199254740992', '9007199254740993']);
});
