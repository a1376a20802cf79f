import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type InteractionsResult, pairsOf } from '../../src/analysis/interactions.ts';
import type { ResponseResult } from '../../src/analysis/response.ts';
import { float32, int64 } from '../../src/compute/tensor.ts';
import { modelOf, temporaryFolder, written } from '../compute/onnx/models.ts';
import { writeParquet } from '../data/parquet.ts';
import { answersOf } from '../support/pass.ts';

/** logit = 2·a·b + a² + 3·e(id)·b + 5·c, of numbers a, b, c and an id with the entries 10, 20, 30. */
const model = modelOf({
  inputs: { x: ['float32', [null, 3]], id: ['int64', [null, 1]] },
  weights: {
    table: float32([3, 1], [10, 20, 30]),
    two: float32([], [2]),
    three: float32([], [3]),
    five: float32([], [5]),
    at0: int64([1], [0]),
    at1: int64([1], [1]),
    at2: int64([1], [2]),
    at3: int64([1], [3]),
    one: int64([1], [1]),
    column: int64([2], [-1, 1]),
  },
  nodes: [
    ['Slice', 'x at0 at1 one', 'a'],
    ['Slice', 'x at1 at2 one', 'b'],
    ['Slice', 'x at2 at3 one', 'c'],
    ['Gather', 'table id', 'looked'],
    ['Reshape', 'looked column', 'e'],
    ['Mul', 'a b', 'ab'],
    ['Mul', 'ab two', 'ab2'],
    ['Mul', 'a a', 'aa'],
    ['Mul', 'e b', 'eb'],
    ['Mul', 'eb three', 'eb3'],
    ['Mul', 'c five', 'c5'],
    ['Add', 'ab2 aa', 's1'],
    ['Add', 's1 eb3', 's2'],
    ['Add', 's2 c5', 'logit'],
    ['Sigmoid', 'logit', 'score'],
  ],
  outputs: 'score',
});
const manifest = {
  score: { output: 'score', index: 0, space: 'PROBABILITY' },
  features: [
    { name: 'a', kind: 'NUMERIC', column: 'a', input: 'x', index: 0 },
    { name: 'b', kind: 'NUMERIC', column: 'b', input: 'x', index: 1 },
    { name: 'c', kind: 'NUMERIC', column: 'c', input: 'x', index: 2 },
    { name: 'id', kind: 'CATEGORICAL', column: 'id', input: 'id' },
  ],
};
/** a, b, c, id */
const rows = [
  [1, 2, 3, 0],
  [-1, 1, 0, 2],
  [2, 0, 1, 1],
] as const;
const target = { space: 'LOGIT' };

async function answers<Result>(questions: { name: string; spec: object }[]): Promise<Result[]> {
  const path = join(await temporaryFolder(), 'rows.parquet');
  const values = rows.map((row) => `(${row.map((value, at) => (at === 3 ? value : `${value}.0`)).join(', ')})`);
  await writeParquet(path, `SELECT * FROM (VALUES ${values.join(', ')}) AS t(a, b, c, id)`);
  return (await answersOf({ model: await written(model), manifest, rows: path }, questions)) as Result[];
}
const mean = (of: (row: (typeof rows)[number]) => number): number =>
  rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
const entry = (id: number): number => 10 * (id + 1);
const close = (values: ArrayLike<number>): number[] => Array.from(values, (value) => Math.round(value * 1e4) / 1e4);
const rounded = (values: readonly number[]): number[] => close(values);

describe('interactions by hand', () => {
  test('of every pair, by its number', () => {
    expect(pairsOf(3)).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ]);
    expect(pairsOf(1)).toEqual([]);
  });

  test('by ablation: what is lost with both, beyond what is lost with each', async () => {
    const spec = { method: 'ABLATION', target, features: [0, 1, 2, 3] };
    const [result] = await answers<InteractionsResult>([{ name: 'interactions', spec }]);
    expect(result?.rowCount).toBe(3);
    const [ab, bid] = [mean(([a, b]) => Math.abs(2 * a * b)), mean(([, b, , id]) => Math.abs(3 * b * entry(id)))];
    expect(close(result?.score ?? [])).toEqual(rounded([ab, 0, 0, 0, bid, 0]));
  });

  test('by second derivatives: 2 between a and b, 3 between b and the entry, on every row', async () => {
    const spec = { method: 'HESSIAN', target, features: [0, 1, 2, 3] };
    const [result] = await answers<InteractionsResult>([{ name: 'interactions', spec }]);
    expect(close(result?.score ?? [])).toEqual([2, 0, 0, 0, 3, 0]);
  });

  test('of some features are those of all of them', async () => {
    for (const method of ['ABLATION', 'HESSIAN']) {
      const [all, some] = await answers<InteractionsResult>([
        { name: 'interactions', spec: { method, target, features: [0, 1, 2, 3] } },
        { name: 'interactions', spec: { method, target, features: [1, 3] } },
      ]);
      expect(some?.score).toHaveLength(1);
      expect(some?.score[0]).toBeCloseTo(all?.score[4] as number, 4);
    }
  });
});

describe('responses by hand', () => {
  test('a number is set to each value on every row, and all else stays', async () => {
    const [result] = await answers<ResponseResult>([
      { name: 'response', spec: { feature: 1, target, values: [-1, 0, 4] } },
    ]);
    const logits = (b: number) => rows.map(([a, , c, id]) => 2 * a * b + a * a + 3 * entry(id) * b + 5 * c);
    for (const [at, b] of [-1, 0, 4].entries()) {
      const own = logits(b);
      const average = own.reduce((sum, value) => sum + value, 0) / 3;
      expect(result?.mean[at]).toBeCloseTo(average, 3);
      const variance = own.reduce((sum, value) => sum + (value - average) ** 2, 0) / 3;
      expect(result?.standardDeviation[at]).toBeCloseTo(Math.sqrt(variance), 3);
    }
    expect(result?.rowCount).toBe(3);
  });

  test('an id is set before it is looked up', async () => {
    const [result] = await answers<ResponseResult>([
      { name: 'response', spec: { feature: 3, target, values: [0, 2] } },
    ]);
    const average = (id: number): number => mean(([a, b, c]) => 2 * a * b + a * a + 3 * entry(id) * b + 5 * c);
    expect(close(result?.mean ?? [])).toEqual(rounded([average(0), average(2)]));
  });
});
