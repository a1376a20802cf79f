import { join } from 'node:path';
import fc from 'fast-check';
import { fileWriter, parquetWrite } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { inspectDataset } from '../../src/data/files/inspect.ts';
import { type RowsInput, selectedIndexes, selectRows } from '../../src/data/rows.ts';
import type { FilterOperator } from '../../src/data/types.ts';
import { temporaryFolder } from './parquet.ts';

type Cell = number | null;

/** As Postgres orders floats: NaN is equal to itself and above all others. */
function ordered(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a < b ? -1 : 1;
}

type Compared = Exclude<FilterOperator, 'IN' | 'IS_NULL' | 'NOT_NULL'>;
const holds: Record<Compared, (order: number) => boolean> = {
  EQ: (order) => order === 0,
  NE: (order) => order !== 0,
  LT: (order) => order < 0,
  LTE: (order) => order <= 0,
  GT: (order) => order > 0,
  GTE: (order) => order >= 0,
};

interface Filter {
  readonly op: FilterOperator;
  readonly values: readonly number[];
}

function satisfies(cell: Cell, { op, values }: Filter): boolean {
  if (op === 'IS_NULL') return cell === null;
  if (cell === null) return false;
  if (op === 'NOT_NULL') return true;
  const [first] = values as [number];
  return op === 'IN' ? values.some((value) => ordered(cell, value) === 0) : holds[op](ordered(cell, first));
}

/** As JSON has it. */
const written = (value: number): number | string => (Number.isFinite(value) ? value : String(value));
const inputOf = ({ op, values }: Filter): NonNullable<RowsInput['where']>[number] => {
  if (op === 'IS_NULL' || op === 'NOT_NULL') return { column: 'c', op };
  return { column: 'c', op, value: op === 'IN' ? values.map(written) : written(values[0] as number) };
};

const number = fc.constantFrom(-1, 0, 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const operator = fc.constantFrom<FilterOperator>(
  ...(['EQ', 'NE', 'LT', 'LTE', 'GT', 'GTE', 'IN', 'IS_NULL', 'NOT_NULL'] as const),
);

interface RowsAndFilters {
  readonly all: readonly Cell[];
  readonly filters: readonly Filter[];
}

/**
 * Few values, so that files have none but one, or that one and NaN, whose statistics say that they have but the one; and conditions
 * at and beside it.
 */
const rowsAndFilters: fc.Arbitrary<RowsAndFilters> = fc
  .subarray<Cell>([1, Number.NaN, null, 0, Number.POSITIVE_INFINITY], { minLength: 1 })
  .chain((known) =>
    fc.record({
      all: fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: 16 }),
      filters: fc.array(
        fc.record({
          op: operator,
          values: fc.array(fc.oneof(fc.constantFrom(1, Number.NaN), number), { minLength: 1, maxLength: 3 }),
        }),
        { minLength: 8, maxLength: 8 },
      ),
    }),
  );

/** Of a file whose statistics say that it has but ones. */
const everyFilterOfOnesAndNaN: RowsAndFilters = {
  all: [1, Number.NaN, 1, Number.NaN, 1],
  filters: (['EQ', 'NE', 'LT', 'LTE', 'GT', 'GTE', 'IN'] as const).flatMap((op) =>
    [0, 1, 1.5, Number.NaN].map((value) => ({ op, values: [value] })),
  ),
};

/** The same rows with and without statistics, in one group of rows and in several. */
async function* layoutsOf(all: readonly Cell[], type: 'FLOAT' | 'DOUBLE', partitionBy: string | null) {
  const folder = await temporaryFolder();
  for (const statistics of [true, false])
    for (const rowGroupSize of [all.length, 3]) {
      const path = join(folder, `${statistics}-${rowGroupSize}.parquet`);
      const columnData = [{ name: 'c', type, data: [...all], nullable: true }];
      await parquetWrite({ writer: fileWriter(path), columnData, statistics, rowGroupSize });
      yield inspectDataset([path], { label: null, groupBy: null, partitionBy });
    }
}

const rowsWhere = (all: readonly Cell[], wanted: (cell: Cell) => boolean): number[] =>
  all.flatMap((cell, row) => (wanted(cell) ? [row] : []));

const page = { after: -1, count: 100 };
const type = fc.constantFrom('FLOAT' as const, 'DOUBLE' as const);

test('a condition on floats says of every row what Postgres would, however the file is laid out', async () => {
  await fc.assert(
    fc.asyncProperty(rowsAndFilters, type, async ({ all, filters }, of) => {
      for await (const dataset of layoutsOf(all, of, null))
        for (const one of filters) {
          const selection = selectRows(dataset, [], { where: [inputOf(one)] });
          const wanted = rowsWhere(all, (cell) => satisfies(cell, one));
          expect([one, await selectedIndexes(dataset, selection, page)]).toEqual([one, wanted]);
        }
    }),
    { numRuns: 5, examples: [[everyFilterOfOnesAndNaN, 'DOUBLE']] },
  );
}, 60_000);

test('NaN is a partition like others, the last one', async () => {
  await fc.assert(
    fc.asyncProperty(rowsAndFilters, type, number, async ({ all }, of, from) => {
      for await (const dataset of layoutsOf(all, of, 'c')) {
        const names = dataset.partitions.map(({ name }) => name);
        const values = [...new Set(all.filter((cell) => cell !== null))].sort(ordered);
        expect(dataset.partitions.map(({ rowCount }) => rowCount)).toEqual(
          values.map((value) => rowsWhere(all, (cell) => cell !== null && ordered(cell, value) === 0).length),
        );
        const above = rowsWhere(all, (cell) => cell !== null && ordered(cell, from) >= 0);
        for (const [at, name] of names.entries()) {
          const own = selectRows(dataset, names, { partitions: [name] });
          const wanted = rowsWhere(all, (cell) => cell !== null && ordered(cell, values[at] as number) === 0);
          expect([name, await selectedIndexes(dataset, own, page)]).toEqual([name, wanted]);
        }
        if (above.length === 0) continue;
        const range = selectRows(dataset, names, { partitionRange: { from: String(from) } });
        expect(await selectedIndexes(dataset, range, page)).toEqual(above);
      }
    }),
    { numRuns: 4 },
  );
}, 60_000);
