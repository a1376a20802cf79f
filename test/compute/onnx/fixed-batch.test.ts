import { describe, expect, test } from 'vitest';
import * as p from '../../../src/compute/program.ts';
import { float32, int64 } from '../../../src/compute/tensor.ts';
import { type ModelText, modelOf, opened, run, valuesOf } from './models.ts';

const weights = { w: float32([4, 1], [1, 2, 3, 4]) };

/** y = x₀ + 2x₁ + 3x₂ + 4x₃, whatever is in front of the product. */
async function expectSums(text: Partial<ModelText>): Promise<void> {
  const net = { inputs: { x: ['float32', [null, 4]] }, outputs: 'y', nodes: [], ...text } as ModelText;
  const model = await opened(modelOf({ ...net, weights: { ...weights, ...text.weights } }));
  expect(model.graph.inputs[0]?.shape).toEqual([null, 4]);
  for (const rows of [1, 2, 3, 7]) {
    const x = float32(
      [rows, 4],
      Array.from({ length: 4 * rows }, (_, at) => at),
    );
    const outputs = { y: p.tensor('y'), slope: p.gradient(p.tensor('y'), p.tensor('x')) };
    const { y, slope } = await run(model, { outputs }, { x });
    expect(valuesOf(y)).toEqual(Array.from({ length: rows }, (_, row) => 40 * row + 20));
    expect(valuesOf(slope)).toEqual(new Array(rows).fill([1, 2, 3, 4]).flat());
  }
}

describe('a graph for batches of one size is one for any', () => {
  const product: ModelText['nodes'][number] = ['MatMul', 'flat w', 'y'];
  const fixed = { inputs: { x: ['float32', [3, 4]] } } satisfies Partial<ModelText>;
  const reshapes: ModelText['nodes'] = [['Reshape', 'x square', 's'], ['Reshape', 's whole', 'flat'], product];
  const sizes = { square: int64([3], [3, 2, 2]), whole: int64([2], [3, 4]) };

  test('where its inputs and its reshapes say so', () => expectSums({ ...fixed, nodes: reshapes, weights: sizes }));

  test('also where only its reshapes do', () => expectSums({ nodes: reshapes, weights: sizes }));

  test('where rows lie together in a reshape', () =>
    expectSums({
      ...fixed,
      nodes: [['Reshape', 'x pairs', 's'], ['Reshape', 's whole', 'flat'], product],
      weights: { pairs: int64([2], [6, 2]), whole: sizes.whole },
    }));

  test('where constants are added to every row, and stand beside it', () =>
    expectSums({
      ...fixed,
      nodes: [
        ['Add', 'x ones', 'a'],
        ['Concat', 'a zeros', 'c', { axis: 1 }],
        ['Slice', 'c from to axis', 'd'],
        ['Sub', 'd ones', 'flat'],
        product,
      ],
      weights: {
        ones: float32([3, 4], new Array(12).fill(1)),
        zeros: float32([3, 2], new Array(6).fill(0)),
        from: int64([1], [0]),
        to: int64([1], [4]),
        axis: int64([1], [1]),
      },
    }));

  test('where a constant is expanded to every row', () =>
    expectSums({
      ...fixed,
      nodes: [['Shape', 'x', 'shape'], ['Expand', 'zero shape', 'zeros'], ['Add', 'x zeros', 'flat'], product],
      weights: { zero: float32([3, 1], [0, 0, 0]) },
    }));

  test('and where it cannot be, so many rows are run at a time', () =>
    expectSums({
      ...fixed,
      nodes: [['Split', 'x', 'a b c', { axis: 0, num_outputs: 3 }], ['Concat', 'a b c', 'flat', { axis: 0 }], product],
    }));
});

test('a batch whose size only happens to be that of the features is told from them', async () => {
  const model = await opened(
    modelOf({
      inputs: { x: ['float32', [4, 4]] },
      weights: {
        w: float32(
          [4, 4],
          Array.from({ length: 16 }, (_, at) => at),
        ),
      },
      nodes: [['MatMul', 'x w', 'y']],
      outputs: 'y',
    }),
  );
  const { y } = await run(model, { outputs: { y: p.tensor('y') } }, { x: float32([1, 4], [1, 0, 0, 1]) });
  expect(valuesOf(y)).toEqual([12, 14, 16, 18]);
});
