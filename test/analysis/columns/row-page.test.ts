import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rowPage } from '../../../src/analysis/columns/row-page.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import type { RowSelection } from '../../../src/data/types.ts';
import { readableRows } from '../../../src/pass/readable-rows.ts';
import { temporaryFolder, writeParquet } from '../../data/parquet.ts';
import { allRows } from '../../support/pass.ts';

test('law: pages one after the other have every selected row once, in row order, and each tells how many there are', async () => {
  const path = await writeParquet(join(await temporaryFolder(), 'rows.parquet'), 'SELECT range AS x FROM range(50)');
  const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
  const selection = fc.record<RowSelection>(
    {
      partitions: fc.constant(null),
      invalid: fc.constant('FAIL'),
      where: fc.nat({ max: 50 }).map((value) => [{ column: 'x', op: 'GTE' as const, value }]),
      sample: fc.record({ count: fc.integer({ min: 1, max: 60 }), seed: fc.nat() }),
    },
    { requiredKeys: ['partitions', 'invalid', 'where'] },
  );
  await fc.assert(
    fc.asyncProperty(selection, fc.integer({ min: 1, max: 60 }), async (rows, count) => {
      const read = (after: number, of = rows, most = count) =>
        rowPage.read({ after, count: most }, [], readableRows({ dataset, rows: of, partitions: [] }));
      const all: number[] = [];
      for (;;) {
        const page = await read(all.at(-1) ?? -1);
        all.push(...page.indexes);
        expect(page.totalCount).toBe((await read(-1, rows, 100)).indexes.length);
        if (page.indexes.length < count) break;
      }
      expect(all).toEqual((await read(-1, rows, 100)).indexes);
      expect(all).toEqual([...new Set(all)].sort((a, b) => a - b));
    }),
    { numRuns: 25 },
  );
  expect(
    (await rowPage.read({ after: 47, count: 9 }, [], readableRows({ dataset, rows: allRows, partitions: [] }))).indexes,
  ).toEqual([48, 49]);
});
