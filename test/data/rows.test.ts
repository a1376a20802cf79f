import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectDataset } from '../../src/data/files/inspect.ts';
import { countRows, type RowsInput, selectRows } from '../../src/data/rows.ts';
import { temporaryFolder, writeParquet } from './parquet.ts';

const columns = `
  i AS id,
  i // 10 AS day,
  CASE WHEN i % 4 = 0 THEN NULL ELSE i END AS maybe,
  (i / 10)::FLOAT AS tenth,
  CASE WHEN i = 3 THEN 'NaN'::DOUBLE ELSE i END AS holey,
  'it''s "' || (i % 3) AS "the ""text"" — of; it",
  DATE '2024-01-01' + CAST(i // 10 AS INTEGER) AS date,
  TIMESTAMP '2024-01-01 00:00:00' + INTERVAL 1 HOUR * i AS moment,
  i % 2 = 0 AS even,
  (i / 4)::DECIMAL(8, 2) AS price,
  i::TINYINT AS small,
  [i] AS list`;

async function hundred(partitionBy: string | null = 'day') {
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), `SELECT ${columns} FROM range(100) t(i)`);
  const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy });
  const names = dataset.partitions.map(({ name }) => name);
  return {
    select: (input: RowsInput) => selectRows(dataset, names, input),
    count: (input: RowsInput) => countRows(dataset, selectRows(dataset, names, input)),
  };
}

test('nothing said is every row', async () => {
  const { select, count } = await hundred();
  expect(select({})).toEqual({ partitions: null, where: [], invalid: 'FAIL' });
  expect(select({ partitions: null, partitionRange: null, where: null, invalid: null })).toEqual(select({}));
  expect(await count({})).toBe(100);
});

test('partitions come in the order of their values, once', async () => {
  const { select, count } = await hundred();
  expect(select({ partitions: ['7', '0', '7'] }).partitions).toEqual(['0', '7']);
  expect(await count({ partitions: ['7', '0', '7'] })).toBe(20);
  expect(await count({ partitions: ['4'] })).toBe(10);
});

test('ranges compare values, include both ends, and need not name a partition', async () => {
  const numbers = await hundred();
  expect(numbers.select({ partitionRange: { from: '7', to: '10' } }).partitions).toEqual(['7', '8', '9']);
  expect(numbers.select({ partitionRange: { to: '1' } }).partitions).toEqual(['0', '1']);
  const dates = await hundred('date');
  const range = { from: '2023-12-01', to: '2024-01-02' };
  expect(dates.select({ partitionRange: range }).partitions).toEqual(['2024-01-01', '2024-01-02']);
  expect(await dates.count({ partitionRange: range })).toBe(20);
});

test('partitions of times, floats and booleans are found by their names', async () => {
  expect(await (await hundred('moment')).count({ partitions: ['2024-01-01T05:00:00', '2024-01-02T00:00:00'] })).toBe(2);
  expect(await (await hundred('tenth')).count({ partitions: ['1', '0.3', '9.9'] })).toBe(3);
  expect(await (await hundred('even')).count({ partitions: ['true'] })).toBe(50);
});

const text = 'the "text" — of; it';
test.each<[number, NonNullable<RowsInput['where']>]>([
  [1, [{ column: 'id', op: 'EQ', value: 5 }]],
  [99, [{ column: 'id', op: 'NE', value: 5 }]],
  [5, [{ column: 'id', op: 'LT', value: 5 }]],
  [6, [{ column: 'id', op: 'LTE', value: '5' }]],
  [3, [{ column: 'id', op: 'LT', value: 2.5 }]],
  [94, [{ column: 'id', op: 'GT', value: 5 }]],
  [95, [{ column: 'id', op: 'GTE', value: 5 }]],
  [100, [{ column: 'small', op: 'LT', value: 1000 }]],
  [2, [{ column: 'id', op: 'IN', value: [5, 6, 1e12] }]],
  [25, [{ column: 'maybe', op: 'IS_NULL' }]],
  [75, [{ column: 'maybe', op: 'NOT_NULL' }]],
  [74, [{ column: 'maybe', op: 'NE', value: 1 }]],
  [1, [{ column: 'tenth', op: 'EQ', value: 0.3 }]],
  [98, [{ column: 'holey', op: 'GT', value: 1 }]],
  [1, [{ column: 'holey', op: 'EQ', value: 'NaN' }]],
  [99, [{ column: 'holey', op: 'NE', value: 1 }]],
  [34, [{ column: text, op: 'EQ', value: `it's "0` }]],
  [67, [{ column: text, op: 'IN', value: [`it's "0`, `it's "1`, `' OR 1 = 1 --`] }]],
  [0, [{ column: text, op: 'EQ', value: `' OR '1' = '1` }]],
  [10, [{ column: 'date', op: 'EQ', value: '2024-01-02' }]],
  [24, [{ column: 'moment', op: 'LT', value: '2024-01-02T00:00:00' }]],
  [50, [{ column: 'even', op: 'EQ', value: true }]],
  [1, [{ column: 'price', op: 'EQ', value: 0.25 }]],
  [
    3,
    [
      { column: 'id', op: 'GTE', value: 4 },
      { column: 'id', op: 'LT', value: 10 },
      { column: 'even', op: 'EQ', value: false },
    ],
  ],
])('%d rows satisfy %j', async (expected, where) => {
  const { count } = await hundred();
  expect(await count({ where })).toBe(expected);
});

test('the same rows are the same selection, in whatever order they are asked for', async () => {
  const { select } = await hundred();
  const a = { column: 'id', op: 'IN', value: [2, 1, 2] } as const;
  const b = { column: 'even', op: 'EQ', value: true } as const;
  const reordered = { value: [1, 2], op: 'IN', column: 'id' } as const;
  expect(JSON.stringify(select({ where: [a, b] }))).toBe(JSON.stringify(select({ where: [b, reordered, b] })));
});

test.each<[RowsInput, string, RegExp]>([
  [{ partitions: ['77'] }, 'rows.partitions', /no partition “77”. Did you mean “7”/],
  [{ partitions: [] }, 'rows.partitions', /selects no partition/],
  [{ partitionRange: { from: '90' } }, 'rows.partitionRange', /selects no partition/],
  [{ partitionRange: { from: 'May' } }, 'rows.partitionRange.from', /“May” is no value of “day” \(BIGINT\)/],
  [{ partitions: ['1'], partitionRange: {} }, 'rows.partitions', /exclude each other/],
  [{ where: [{ column: 'Id', op: 'EQ', value: 1 }] }, 'rows.where[0].column', /Did you mean “id”/],
  [{ where: [{ column: '1=1; --', op: 'EQ', value: 1 }] }, 'rows.where[0].column', /no column “1=1; --”/],
  [{ where: [{ column: 'id', op: 'EQ', value: 'a' }] }, 'rows.where[0].value', /"a" is no value of “id” \(BIGINT\)/],
  [{ where: [{ column: 'id', op: 'EQ' }] }, 'rows.where[0].value', /null is no value/],
  [{ where: [{ column: 'date', op: 'LT', value: '2024-02-31' }] }, 'rows.where[0].value', /is no value of “date”/],
  [{ where: [{ column: text, op: 'EQ', value: 1 }] }, 'rows.where[0].value', /1 is no value/],
  [{ where: [{ column: 'id', op: 'IN', value: 1 }] }, 'rows.where[0].value', /IN takes a list/],
  [{ where: [{ column: 'id', op: 'IN', value: [] }] }, 'rows.where[0].value', /at least one value/],
  [{ where: [{ column: 'id', op: 'IS_NULL', value: 1 }] }, 'rows.where[0].value', /takes no value/],
  [{ where: [{ column: 'list', op: 'EQ', value: 1 }] }, 'rows.where[0].value', /cannot be compared/],
])('%j is refused, naming %s', async (input, argument, message) => {
  const { select } = await hundred();
  expect(() => select(input)).toThrow(message);
  expect(() => select(input)).toThrow(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  expect(() => select(input)).toThrow(expect.objectContaining({ details: expect.objectContaining({ argument }) }));
});

test('a dataset without partitions says so', async () => {
  const { select } = await hundred(null);
  expect(() => select({ partitions: ['1'] })).toThrow(/has no partitions. Register it with partitionBy/);
});
