import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MomentsResult } from '../../../src/analysis/units/moments.ts';
import type { TopExamplesResult } from '../../../src/analysis/units/top-examples.ts';
import { float32, int64 } from '../../../src/compute/tensor.ts';
import { modelOf, written } from '../../compute/onnx/models.ts';
import { temporaryFolder, writeParquet } from '../../data/parquet.ts';
import { answersOf } from '../../support/pass.ts';

const manifest = {
  score: { output: 'score', index: 0, space: 'PROBABILITY' },
  features: [
    { name: 'history', kind: 'SEQUENCE', column: 'history', input: 'history', length: 4, padding: 0 },
    { name: 'user', kind: 'CATEGORICAL', column: 'user', input: 'user' },
  ],
};
const histories = ['[1, 2, 3, 4]', '[5, 0, 0, 0]', '[9, 8, 7, 0]', '[2, 2, 2, 2]', '[3, 11, 0, 0]'];

/** Of the states of a bidirectional GRU, [4 positions, 2 directions, rows, 5 units]. */
async function statesOf(order: readonly string[]): Promise<[MomentsResult, TopExamplesResult]> {
  const select = order.map((history) => `(${history}, ${histories.indexOf(history)})`).join(', ');
  const path = join(await temporaryFolder(), 'rows.parquet');
  const rows = await writeParquet(path, `SELECT * FROM (VALUES ${select}) AS rows(history, "user")`);
  const model = 'test/fixtures/zoo/torch-gru-bidirectional-dynamo.onnx';
  return (await answersOf({ model, manifest, rows }, [
    { name: 'moments', spec: { layer: 'val_82' } },
    { name: 'topExamples', spec: { layer: 'val_82', unit: 0 } },
  ])) as [MomentsResult, TopExamplesResult];
}

test('rows are found where a recurrent layer has them, behind positions and directions', async () => {
  const [moments, top] = await statesOf(histories);
  const [reversedMoments, reversedTop] = await statesOf(histories.toReversed());
  expect(moments.observationCount).toBe(5 * 4 * 2);
  expect(reversedTop.row.map((row) => 4 - row)).toEqual(top.row);
  for (const [at, activation] of top.activation.entries())
    expect(reversedTop.activation[at]).toBeCloseTo(activation, 6);
  for (const figure of ['mean', 'standardDeviation', 'correlationWithScore'] as const)
    for (const [unit, value] of moments[figure].entries()) expect(reversedMoments[figure][unit]).toBeCloseTo(value, 5);
});

test('a product over flattened sequences is the layer that its positions come back in', async () => {
  const path = join(await temporaryFolder(), 'rows.parquet');
  const rows = await writeParquet(path, `SELECT unnest([${histories.join(', ')}]) AS history`);
  const ofHistory = { ...manifest, features: manifest.features.slice(0, 1) };
  const model = 'test/fixtures/zoo/torch-transformer-dynamo.onnx';
  const [moments] = await answersOf({ model, manifest: ofHistory, rows }, [
    { name: 'moments', spec: { layer: 'view_8' } },
  ]);
  expect(moments).toMatchObject({ observationCount: 5 * 4 });
});

test('no row is named for a layer that has rows and positions on one axis', async () => {
  const path = join(await temporaryFolder(), 'rows.parquet');
  const rows = await writeParquet(path, 'SELECT unnest([[1, 2], [3, 4], [5, 6]]) AS v');
  const model = await written(
    modelOf({
      inputs: { v: ['float32', [null, 2]] },
      weights: {
        one: int64([2], [-1, 1]),
        two: int64([2], [-1, 4]),
        w: float32([1, 2], [1, -1]),
        u: float32([4, 1], [1, 1, 1, 1]),
      },
      nodes: [
        ['Reshape', 'v one', 'elements'],
        ['MatMul', 'elements w', 'hidden'],
        ['Reshape', 'hidden two', 'joined'],
        ['MatMul', 'joined u', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    }),
  );
  const features = [{ name: 'v', kind: 'EMBEDDING', column: 'v', input: 'v' }];
  const answers = answersOf({ model, manifest: { features }, rows }, [
    { name: 'topExamples', spec: { layer: 'hidden', unit: 0 } },
  ]);
  await expect(answers).rejects.toMatchObject({ code: 'ANALYSIS_FAILED', message: /6 values for 3 rows/ });
});
