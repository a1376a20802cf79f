import { join } from 'node:path';
import { expect, test } from 'vitest';
import { columnStatistics } from '../../src/data/columns/statistics.ts';
import { inspectDataset } from '../../src/data/files/inspect.ts';
import { readRows, readRowsAt } from '../../src/data/page.ts';
import { temporaryFolder, writeParquet } from './parquet.ts';

/** Rows 0 to 5 in two files: day 1, 1, 2 and 2, 1, null. */
async function sixRows() {
  const folder = await temporaryFolder();
  const select = (rows: string) => `SELECT * FROM (VALUES ${rows}) t(day, clicked, word)`;
  const paths = [
    await writeParquet(join(folder, 'a.parquet'), select(`(1, true, 'x'), (1, false, 'y'), (2, NULL, 'x')`)),
    await writeParquet(join(folder, 'b.parquet'), select(`(2, true, 'z'), (1, false, NULL), (NULL, true, 'x')`)),
  ];
  return inspectDataset(paths, { label: 'clicked', groupBy: null, partitionBy: 'day' });
}

test('a row has its index, partition, label and raw values', async () => {
  expect(await readRows(await sixRows(), { from: 2, count: 2 })).toEqual([
    { index: 2, partition: '2', label: null, values: { day: 2, clicked: null, word: 'x' } },
    { index: 3, partition: '2', label: 1, values: { day: 2, clicked: true, word: 'z' } },
  ]);
});

test.each([
  [{ count: 2 }, [0, 1]],
  [{ from: 4, count: 10 }, [4, 5]],
  [{ from: 1, below: 4, count: 10 }, [1, 2, 3]],
  [{ count: 2, fromEnd: true }, [4, 5]],
  [{ below: 4, count: 2, fromEnd: true }, [2, 3]],
  [{ count: 3, partitions: ['1'] }, [0, 1, 4]],
  [{ count: 2, partitions: ['1'], fromEnd: true }, [1, 4]],
  [{ from: 1, below: 4, count: 2, partitions: ['1', '2'], fromEnd: true }, [2, 3]],
  [{ from: 5, count: 2, partitions: ['1'] }, []],
  [{ below: 2, count: 2, partitions: ['2'], fromEnd: true }, []],
  [{ from: 6, count: 2 }, []],
])('page %j has rows %j', async (page, indexes) => {
  const rows = await readRows(await sixRows(), page);
  expect(rows.map(({ index }) => index)).toEqual(indexes);
});

test('values of every type are JSON', async () => {
  const select = `SELECT 9007199254740993 AS big, 7::BIGINT AS small, 12.50::DECIMAL(8, 2) AS price, DATE '2024-02-29' AS date,
    TIMESTAMP '2024-02-29 12:00:00.5' AS moment, TIMESTAMPTZ '2024-02-29 12:00:00+02' AS zoned, 'NaN'::DOUBLE AS nan,
    [1, NULL] AS list, {'a': 1, 'b': [2]} AS struct, MAP {'k': 1} AS map, NULL::INTEGER AS nothing, TIME '12:00:01' AS time`;
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), select);
  const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
  const [row] = await readRows(dataset, { count: 1 });
  expect(JSON.parse(JSON.stringify(row?.values))).toEqual({
    big: '9007199254740993',
    small: 7,
    price: 12.5,
    date: '2024-02-29',
    moment: '2024-02-29T12:00:00.5',
    zoned: '2024-02-29T10:00:00+00',
    nan: 'NaN',
    list: [1, null],
    struct: { a: 1, b: [2] },
    map: { k: 1 },
    nothing: null,
    time: '12:00:01',
  });
});

test('columns have nulls, distinct values and bounds', async () => {
  expect(await columnStatistics(await sixRows())).toEqual([
    { name: 'day', type: 'INTEGER', nullCount: 1, distinctCount: 2, minimum: 1, maximum: 2 },
    { name: 'clicked', type: 'BOOLEAN', nullCount: 1, distinctCount: 2, minimum: false, maximum: true },
    { name: 'word', type: 'VARCHAR', nullCount: 1, distinctCount: 3, minimum: 'x', maximum: 'z' },
  ]);
});

test('NaN is no bound, and lists have none', async () => {
  const select = `SELECT unnest(['NaN', '1']::DOUBLE[]) AS x, [1] AS list`;
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), select);
  const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
  const [x, list] = await columnStatistics(dataset);
  expect([x?.minimum, x?.maximum, list?.minimum, list?.distinctCount]).toEqual([1, 1, null, 1]);
});

test('many columns with any name', async () => {
  const names = ['a.b', 'select', 'A', ';', "'", '"', 'ü', ...Array.from({ length: 200 }, (_, at) => `c ${at}`)];
  const select = `SELECT ${names.map((name, at) => `${at} AS "${name.replaceAll('"', '""')}"`).join(', ')}`;
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), select);
  const dataset = await inspectDataset([path], { label: 'select', groupBy: '"', partitionBy: "'" });
  const statistics = await columnStatistics(dataset);
  expect(statistics.map(({ name, minimum }) => [name, minimum])).toEqual(names.map((name, at) => [name, at]));
  const [row] = await readRows(dataset, { count: 1 });
  expect(row).toMatchObject({ label: 1, partition: '4', values: { 'a.b': 0, ü: 6 } });
});

test('rows are found by their indexes, in the order that is asked for', async () => {
  const dataset = await sixRows();
  const rows = await readRowsAt(dataset, [4, 0, 5, 1]);
  expect(rows.map(({ index, values }) => [index, values.word])).toEqual([
    [4, null],
    [0, 'x'],
    [5, 'x'],
    [1, 'y'],
  ]);
  expect(await readRowsAt(dataset, [])).toEqual([]);
});
