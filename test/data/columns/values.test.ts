import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readColumns, type WantedColumns } from '../../../src/data/columns/values.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import type { DatasetRecord, RowSelection } from '../../../src/data/types.ts';
import { temporaryFolder, writeParquet } from '../parquet.ts';

const all: RowSelection = { partitions: null, where: [], invalid: 'FAIL' };

async function fiveRows() {
  const folder = await temporaryFolder();
  const select = (rows: string) => `SELECT * FROM (VALUES ${rows}) t(day, word, price)`;
  const paths = [
    await writeParquet(join(folder, 'a.parquet'), select(`(1, 'x', 1), (1, 'y', NULL), (2, 'x', 3)`)),
    await writeParquet(join(folder, 'b.parquet'), select(`(2, NULL, 4), (NULL, 'x', 5)`)),
  ];
  return inspectDataset(paths, { label: null, groupBy: null, partitionBy: 'day' });
}

/** The columns on rows that come in stretches, joined. */
async function read(
  dataset: DatasetRecord,
  wanted: Partial<WantedColumns>,
  stretches: number[][],
  selection: RowSelection = all,
) {
  const rows = (async function* () {
    for (const stretch of stretches) yield Float64Array.from(stretch);
  })();
  const columns = await readColumns(dataset, { codes: [], numbers: [], ...wanted }, { selection, stretches: rows });
  const codes: number[][] = [];
  const numbers: number[][] = [];
  for await (const stretch of columns.stretches) {
    codes.push(...stretch.codes.map((values) => [...values]));
    numbers.push(...stretch.numbers.map((values) => [...values]));
  }
  return { codes, numbers, values: columns.values };
}

test('codes number the values of a column, in the order of their first rows', async () => {
  const { codes, values } = await read(await fiveRows(), { codes: ['word'] }, [[1, 2, 3, 4]]);
  expect(codes).toEqual([[0, 1, -1, 1]]);
  expect(values).toEqual([['y', 'x']]);
});

test('numbers are NaN for null', async () => {
  expect((await read(await fiveRows(), { numbers: ['price'] }, [[0, 1, 4]])).numbers).toEqual([[1, Number.NaN, 5]]);
});

test('several columns are read together, stretch by stretch', async () => {
  const wanted = { codes: ['word', 'day'], numbers: ['price'] };
  const { codes, numbers, values } = await read(await fiveRows(), wanted, [[0, 2], [], [4]]);
  expect(codes).toEqual([[0, 0], [0, 1], [], [], [0], [-1]]);
  expect(numbers).toEqual([[1, 3], [], [5]]);
  expect(values).toEqual([['x'], ['1', '2']]);
});

test('only selected rows are read', async () => {
  const selection = { ...all, partitions: ['2'] };
  expect((await read(await fiveRows(), { numbers: ['price'] }, [[2, 3]], selection)).numbers).toEqual([[3, 4]]);
});

test('a row that is not selected is a defect', async () => {
  const selection = { ...all, partitions: ['2'] };
  await expect(read(await fiveRows(), { numbers: ['price'] }, [[0]], selection)).rejects.toThrow('not selected');
});

test('whole numbers beyond 2^53 are told apart', async () => {
  const path = join(await temporaryFolder(), 'a.parquet');
  await writeParquet(path, 'SELECT unnest([9007199254740992, 9007199254740993, 9007199254740992, NULL]) AS id');
  const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
  const { codes, values } = await read(dataset, { codes: ['id'] }, [[0, 1, 2, 3]]);
  expect(codes).toEqual([[0, 1, 0, -1]]);
  expect(values).toEqual([['9007199254740992', '9007199254740993']]);
});

test('whole numbers that are large or negative have codes as small ones do', async () => {
  const path = join(await temporaryFolder(), 'a.parquet');
  await writeParquet(path, 'SELECT unnest([-1, 70000, 0, -1, 70000]) AS id');
  const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
  const { codes, values } = await read(dataset, { codes: ['id'] }, [[0, 1, 2, 3, 4]]);
  expect(codes).toEqual([[0, 1, 2, 0, 1]]);
  expect(values).toEqual([['-1', '70000', '0']]);
});
