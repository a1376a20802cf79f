import { expect, test } from 'vitest';
import { float32 } from '../../src/compute/tensor.ts';
import type { Batch } from '../../src/data/types.ts';
import { KeptBatches } from '../../src/pass/kept-batches.ts';

/** Four bytes of input and sixteen beside it for each row. */
const batch = (index: number, rowCount: number): Batch => ({
  rowCount,
  index: new Float64Array(rowCount).fill(index),
  inputs: { x: float32([rowCount, 1], new Float32Array(rowCount)) },
  label: new Float32Array(rowCount),
  labelled: new Float32Array(rowCount),
  columns: {},
  skippedRowCount: 0,
});

/** Three batches of 100 bytes, and how often they were read. */
function source() {
  const about = { readings: 0 };
  async function* read(): AsyncGenerator<Batch> {
    about.readings++;
    for (const index of [0, 1, 2]) yield batch(index, 5);
  }
  return { about, read };
}

async function indexesOf(batches: AsyncIterable<Batch>): Promise<number[]> {
  const indexes: number[] = [];
  for await (const { index } of batches) indexes.push(index[0] as number);
  return indexes;
}

test('what fits is read once, however many sweeps follow', async () => {
  const { about, read } = source();
  const kept = new KeptBatches(read, 300);
  for (const _ of [1, 2, 3]) expect(await indexesOf(kept.read())).toEqual([0, 1, 2]);
  expect(about.readings).toBe(1);
});

test('what does not fit is read anew by every sweep, and nothing of it stays', async () => {
  const { about, read } = source();
  const kept = new KeptBatches(read, 299);
  for (const _ of [1, 2]) expect(await indexesOf(kept.read())).toEqual([0, 1, 2]);
  expect(about.readings).toBe(2);
});

test('a sweep that was broken off has kept nothing', async () => {
  const { about, read } = source();
  const kept = new KeptBatches(read, 300);
  for await (const _ of kept.read()) break;
  expect(await indexesOf(kept.read())).toEqual([0, 1, 2]);
  expect(about.readings).toBe(2);
});
