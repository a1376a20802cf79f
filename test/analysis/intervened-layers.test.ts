import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Intervention } from '../../src/analysis/interventions/intervention.ts';
import { float32, int64 } from '../../src/compute/tensor.ts';
import type { ScoreSource } from '../../src/data/scores/file.ts';
import { modelOf, written } from '../compute/onnx/models.ts';
import { temporaryFolder, writeParquet } from '../data/parquet.ts';
import { answersOf, type Toy } from '../support/pass.ts';

/** What rows score as they are, and with each of these lists of interventions. */
async function scored(
  toy: Omit<Toy, 'rows'>,
  select: string,
  all: readonly (readonly Intervention[])[],
): Promise<number[][]> {
  const rows = await writeParquet(join(await temporaryFolder(), 'rows.parquet'), select);
  const questions = [{}, ...all.map((interventions) => ({ interventions }))].map((spec) => ({ name: 'scores', spec }));
  return Promise.all(
    ((await answersOf({ ...toy, rows }, questions)) as ScoreSource[]).map(async (scores) => {
      const outputs: number[] = [];
      for await (const { output } of scores.stretches()) outputs.push(...output);
      return outputs;
    }),
  );
}
const close = (values: readonly number[] | undefined) => values?.map((value) => expect.closeTo(value, 6));

describe.each([undefined, 1])(
  'the states of a recurrent layer, whose rows come behind positions (%s at a time)',
  (run) => {
    const toy = {
      model: 'test/fixtures/zoo/torch-gru-bidirectional-dynamo.onnx',
      manifest: {
        score: { output: 'score', index: 0, space: 'PROBABILITY' },
        features: [
          { name: 'history', kind: 'SEQUENCE', column: 'history', input: 'history', length: 4, padding: 0 },
          { name: 'user', kind: 'CATEGORICAL', column: 'user', input: 'user' },
        ],
      },
      ...(run !== undefined && { rowsPerRun: run }),
    };
    const select = `SELECT * FROM (VALUES ([1, 2, 3, 4], 0), ([5, 0, 0, 0], 1), ([9, 8, 7, 0], 2), ([2, 2, 2, 2], 3), ([3, 11, 0, 0], 4))
    AS rows(history, "user")`;
    const states = { of: 'UNITS', layer: 'val_82' } as const;

    test('are shuffled with the feature that passes through them alone, and are what they were when scaled by 1', async () => {
      const [plain, ofStates, ofFeature, same, halves, zero] = await scored(toy, select, [
        [{ ...states, mode: 'SHUFFLE' }],
        [{ of: 'FEATURES', features: [0], mode: 'SHUFFLE' }],
        [{ ...states, mode: 'SCALE', value: 1 }],
        [0, 1, 2, 3, 4].map((unit) => ({ ...states, units: [unit], mode: 'SET', value: 0 }) as const),
        [{ ...states, mode: 'SCALE', value: 0 }],
      ]);
      expect(ofStates).toEqual(close(ofFeature));
      expect(ofStates).not.toEqual(plain);
      expect(same).toEqual(plain);
      expect(halves).toEqual(zero);
      expect(new Set(zero).size).toBeGreaterThan(1);
    });
  },
);

const numeric = (name: string, index: number) => ({ name, kind: 'NUMERIC', column: name, input: 'x', index });

test('rows and positions on one axis are never taken for one another', async () => {
  const model = await written(
    modelOf({
      inputs: { x: ['float32', [null, 2]] },
      weights: {
        flat: int64([2], [-1, 1]),
        back: int64([2], [-1, 2]),
        w: float32([1, 1], [2]),
        v: float32([2, 1], [1, -1]),
      },
      nodes: [
        ['Reshape', 'x flat', 'positions'],
        ['MatMul', 'positions w', 'hidden'],
        ['Relu', 'hidden', 'flattened'],
        ['Reshape', 'flattened back', 'rows'],
        ['MatMul', 'rows v', 'logit'],
      ],
      outputs: 'logit',
    }),
  );
  const manifest = {
    score: { output: 'logit', index: 0, space: 'LOGIT' },
    features: [numeric('a', 0), numeric('b', 1)],
  };
  const select = 'SELECT * FROM (VALUES (1.0, 2.0), (3.0, 1.0), (2.0, 2.0)) AS rows(a, b)';
  const [plain, doubled] = await scored({ model, manifest }, select, [
    [{ of: 'UNITS', layer: 'flattened', mode: 'SCALE', value: 2 }],
  ]);
  expect(doubled).toEqual(plain?.map((value) => 2 * value));
  await expect(
    scored({ model, manifest }, select, [[{ of: 'UNITS', layer: 'flattened', mode: 'SHUFFLE' }]]),
  ).rejects.toMatchObject({ code: 'ANALYSIS_FAILED' });
});

test('elements of lists are set like any layer’s, and have no other row to take a value from', async () => {
  const toy = {
    model: 'test/fixtures/bags/ragged-legacy.onnx',
    manifest: {
      features: [
        { name: 'tags', kind: 'SEQUENCE', input: 'tags', offsetsInput: 'tag_offsets' },
        { name: 'genres', kind: 'SEQUENCE', input: 'genres', offsetsInput: 'genre_offsets', includeLastOffset: true },
        { name: 'price', kind: 'NUMERIC', missing: 0 },
      ],
    },
  };
  const select = `SELECT * FROM (VALUES ([1, 2], [3], 0.5), ([4], [1, 2], 1.5), ([5, 6, 7], [4], 2.0)) AS rows(tags, genres, price)`;
  const elements = { of: 'UNITS', layer: 'glassgraph/Gather' } as const;
  const [plain, same, zero] = await scored(toy, select, [
    [{ ...elements, mode: 'SCALE', value: 1 }],
    [{ ...elements, mode: 'SET', value: 0 }],
  ]);
  expect(same).toEqual(plain);
  expect(zero).not.toEqual(plain);
  await expect(scored(toy, select, [[{ ...elements, mode: 'SHUFFLE' }]])).rejects.toMatchObject({
    code: 'UNSUPPORTED_BY_EXECUTOR',
  });
});
