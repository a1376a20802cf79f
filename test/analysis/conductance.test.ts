import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ConductanceResult } from '../../src/analysis/conductance.ts';
import { float32 } from '../../src/compute/tensor.ts';
import { type ModelText, modelOf, temporaryFolder, written } from '../compute/onnx/models.ts';
import { writeParquet } from '../data/parquet.ts';
import { answersOf } from '../support/pass.ts';

const manifest = {
  score: { output: 'score', index: 0, space: 'PROBABILITY' },
  features: ['a', 'b'].map((name, index) => ({ name, kind: 'NUMERIC', column: name, input: 'x', index })),
};
/** hidden: (5, 1), (1, 2), (3, 0) on the three rows; by weight (15, −2), (3, −4), (9, 0). */
const straight: ModelText = {
  inputs: { x: ['float32', [null, 2]] },
  weights: { first: float32([2, 2], [1, -1, 2, 1]), second: float32([2, 1], [3, -2]) },
  nodes: [
    ['MatMul', 'x first', 'before'],
    ['Relu', 'before', 'hidden'],
    ['MatMul', 'hidden second', 'logit'],
    ['Sigmoid', 'logit', 'score'],
  ],
  outputs: 'score',
};
const bent: ModelText = {
  ...straight,
  weights: { ...straight.weights, third: float32([2, 2], [1, 0.5, -0.5, 1]) },
  nodes: [
    ['MatMul', 'x first', 'before'],
    ['Tanh', 'before', 'hidden'],
    ['MatMul', 'hidden third', 'between'],
    ['Tanh', 'between', 'deep'],
    ['MatMul', 'deep second', 'logit'],
    ['Sigmoid', 'logit', 'score'],
  ],
};

async function conductances(text: ModelText, specs: { layer: string; steps: number; baseline?: object }[]) {
  const rows = join(await temporaryFolder(), 'rows.parquet');
  await writeParquet(rows, 'SELECT * FROM (VALUES (1.0, 2.0), (-1.0, 1.0), (3.0, 0.0)) AS t(a, b)');
  const questions = specs.map((spec) => ({ name: 'conductance', spec: { ...spec, target: { space: 'LOGIT' } } }));
  return (await answersOf({ model: await written(modelOf(text)), manifest, rows }, questions)) as ConductanceResult[];
}
const rounded = (values: ArrayLike<number>): number[] => Array.from(values, (value) => Math.round(value * 1e4) / 1e4);
const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

describe('conductance', () => {
  test.each([1, 4, 50])('of units behind which all is linear is what they add, by hand, in %d steps', async (steps) => {
    const [result] = await conductances(straight, [{ layer: 'hidden', steps }]);
    expect(result?.rowCount).toBe(3);
    expect(rounded(result?.mean ?? [])).toEqual([9, -2]);
    expect(rounded(result?.meanAbsolute ?? [])).toEqual([9, 2]);
    expect(result?.completeness.maxAbsoluteGap).toBeLessThan(1e-4);
  });

  test('adds up to f(x) − f(baseline), to the gap that it reports, which closes with the intervals', async () => {
    const [few, many] = await conductances(bent, [
      { layer: 'hidden', steps: 10 },
      { layer: 'hidden', steps: 200 },
    ]);
    const [logit] = await conductances(bent, [{ layer: 'logit', steps: 1 }]);
    const difference = sumOf(logit?.mean as Float64Array);
    expect(Math.abs(sumOf(few?.mean as Float64Array) - difference)).toBeLessThanOrEqual(
      (few?.completeness.meanAbsoluteGap as number) + 1e-6,
    );
    expect(many?.completeness.maxAbsoluteGap).toBeLessThan((few?.completeness.maxAbsoluteGap as number) / 10);
  });

  test('starts from the mean of the rows when asked to', async () => {
    const [result] = await conductances(straight, [{ layer: 'logit', steps: 1, baseline: { kind: 'MEAN' } }]);
    // f of the rows: 13, −1, 9; of the mean row (1, 1): hidden (3, 0), logit 9.
    expect(rounded(result?.mean ?? [])).toEqual([-2]);
    expect(rounded(result?.meanAbsolute ?? [])).toEqual([Math.round((14 / 3) * 1e4) / 1e4]);
  });
});
