import { join } from 'node:path';
import { expect, test } from 'vitest';
import { quantilesOf } from '../../../src/data/columns/representative-values.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import { temporaryFolder, writeParquet } from '../parquet.ts';

const all = { partitions: null, where: [], invalid: 'FAIL' as const };

async function quantiles(values: readonly number[], count: number): Promise<number[]> {
  const path = join(await temporaryFolder(), 'rows.parquet');
  await writeParquet(path, `SELECT unnest([${values.map((value) => `CAST(${value} AS DOUBLE)`).join(', ')}]) AS x`);
  const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null });
  return quantilesOf(dataset, { selection: all, column: 'x', count });
}

test('quantiles of few values are these values and what lies well between them, once each and ascending', async () => {
  for (const tenths of [1, 3, 6, 7, 9, 11]) {
    const [low, high] = [tenths / 10, (tenths + 1) / 10];
    const found = await quantiles([...new Array<number>(37).fill(low), ...new Array<number>(40).fill(high)], 200);
    const gaps = found.slice(1).map((value, at) => value - (found[at] as number));
    expect(Math.min(...gaps)).toBeGreaterThan(1e-9);
    expect(found[0]).toBeCloseTo(low, 12);
    expect(found.at(-1)).toBeCloseTo(high, 12);
  }
});

test('values that are further apart than rounding stay apart, however close', async () => {
  expect(await quantiles([1, 1 + 2 ** -40], 2)).toHaveLength(2);
  expect(await quantiles([-5, -5, -5], 20)).toEqual([-5]);
  expect(await quantiles([0, 0, 1e-300, 1e-300], 4)).toEqual([0, expect.any(Number), expect.any(Number), 1e-300]);
});
