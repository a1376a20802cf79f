import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { categoriesIn, numbersIn, type SelectedRows } from '../../../src/data/columns/samples.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import { allRows } from '../../support/pass.ts';
import { temporaryFolder, writeParquet } from '../parquet.ts';

const noSettings = { label: null, groupBy: null, partitionBy: null };
const sqlList = (values: readonly (string | null)[]): string => values.map((one) => one ?? 'NULL').join(', ');

/** A dataset with one column `x`, whose values are written in SQL. */
async function rowsOf(values: readonly (string | null)[], type: string): Promise<SelectedRows> {
  const path = join(await temporaryFolder(), 'rows.parquet');
  await writeParquet(path, `SELECT unnest([${sqlList(values)}]::${type}[]) AS x`);
  return { dataset: await inspectDataset([path], noSettings), selection: allRows };
}

/** Of the reference's 50 most frequent values, ties by text, and of all others; and how many the reference does not have. */
function expected(reference: readonly string[], current: readonly string[]) {
  const times = (all: readonly string[], value: string): number => all.filter((one) => one === value).length;
  const own = [...new Set(reference)]
    .sort((a, b) => times(reference, b) - times(reference, a) || (a < b ? -1 : 1))
    .slice(0, 50);
  const binned = (all: readonly string[]): number[] => [
    ...own.map((value) => times(all, value)),
    all.filter((one) => !own.includes(one)).length,
  ];
  const [before, after] = [binned(reference), binned(current)];
  const isOccupied = (_: number, at: number): boolean => (before[at] as number) + (after[at] as number) > 0;
  return {
    referenceCounts: before.filter(isOccupied),
    currentCounts: after.filter(isOccupied),
    unseenCount: current.filter((one) => !reference.includes(one)).length,
  };
}

const known = (values: readonly (number | null)[]): string[] =>
  values.filter((one) => one !== null).map((one) => `v${one}`);

test('law: categories are counted as one by one, whatever their type', async () => {
  const ids = fc.array(fc.option(fc.nat({ max: 90 })), { minLength: 1, maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(ids, ids, fc.constantFrom('VARCHAR', 'INTEGER', 'DOUBLE'), async (before, after, type) => {
      const written = (values: readonly (number | null)[]) =>
        values.map((one) => (one === null ? null : type === 'VARCHAR' ? `'v${one}'` : String(one)));
      const [reference, current] = [await rowsOf(written(before), type), await rowsOf(written(after), type)];
      const found = await categoriesIn(reference, current, 'x');
      // Numbers are ranked by their texts, as these are.
      const text = (values: readonly (number | null)[]) =>
        type === 'VARCHAR' ? known(values) : known(values).map((one) => one.slice(1));
      const { unseenCount, ...counts } = expected(text(before), text(after));
      expect(found).toMatchObject(counts);
      expect(found.unseen).toBeCloseTo(unseenCount / after.length, 12);
      expect(found.current).toEqual({
        rowCount: after.length,
        missingCount: after.filter((one) => one === null).length,
      });
    }),
    { numRuns: 12 },
  );
});

test('elements of lists are counted, and shares of the unseen are of them', async () => {
  const reference = await rowsOf(["['a', 'b']", "['a']", null], 'VARCHAR[]');
  const current = await rowsOf(["['a', 'c', NULL]", '[]'], 'VARCHAR[]');
  expect(await categoriesIn(reference, current, 'x')).toEqual({
    reference: { rowCount: 3, missingCount: 1 },
    current: { rowCount: 2, missingCount: 0 },
    referenceCounts: [2, 1, 0],
    currentCounts: [1, 0, 1],
    unseen: 0.5,
  });
});

test('numbers are ascending, without null and NaN, of the rows that are selected', async () => {
  const { dataset } = await rowsOf(['3', null, "'nan'::DOUBLE", '1', '2', '-1'], 'DOUBLE');
  const all = await numbersIn({ dataset, selection: allRows }, 'x');
  expect(all).toEqual({ rowCount: 6, missingCount: 2, sorted: Float64Array.of(-1, 1, 2, 3) });
  const where = [{ column: 'x', op: 'LT' as const, value: 3 }];
  const few = await numbersIn({ dataset, selection: { ...allRows, where } }, 'x');
  expect(few).toEqual({ rowCount: 3, missingCount: 0, sorted: Float64Array.of(-1, 1, 2) });
  const sample = { count: 2, seed: 1 };
  const drawn = await numbersIn({ dataset, selection: { ...allRows, where, sample } }, 'x');
  expect(drawn.rowCount).toBe(2);
  expect([...few.sorted]).toEqual(expect.arrayContaining([...drawn.sorted]));
});
