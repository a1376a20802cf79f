import { describe, expect, test } from 'vitest';
import { hasSizesOfValues } from '../../../../src/compute/onnx/shapes/sizes.ts';
import { float32, int64 } from '../../../../src/compute/tensor.ts';
import { graphOf, type ModelText, modelOf, opened } from '../models.ts';

const rows: ModelText['inputs'] = { x: ['float32', [null, 3]], length: ['int64', [null]] };
const has = (nodes: ModelText['nodes'], weights: ModelText['weights'] = {}): boolean =>
  hasSizesOfValues(modelOf({ inputs: rows, weights, nodes, outputs: 'y' }));

describe('sizes depend on values', () => {
  test.each<[string, ModelText['nodes']]>([
    ['where values are searched', [['NonZero', 'x', 'y']]],
    [
      'where values say how many there are',
      [
        ['ReduceMax', 'length', 'longest', { keepdims: 0 }],
        ['Range', 'zero longest one', 'y'],
      ],
    ],
    ['where values say what a shape is', [['Reshape', 'x length', 'y']]],
  ])('%s', (_, nodes) => {
    expect(has(nodes, { zero: int64([], [0]), one: int64([], [1]) })).toBe(true);
  });

  test('inside of the bodies of control flow', () => {
    const branch = { graph: graphOf({ inputs: {}, nodes: [['NonZero', 'x', 'where']], outputs: 'where' }) };
    const flag = { dtype: 'bool', dims: [], data: Uint8Array.of(1) } as const;
    expect(has([['If', 'flag', 'y', { then_branch: branch, else_branch: branch }]], { flag })).toBe(true);
  });
});

describe('sizes depend on the number of rows only', () => {
  test('where a mask is as long as a history', () => {
    expect(
      has(
        [
          ['Shape', 'x', 'sizes'],
          ['Gather', 'sizes one', 'width'],
          ['Range', 'zero width one', 'places'],
          ['Unsqueeze', 'length axes', 'lengths'],
          ['Less', 'places lengths', 'y'],
        ],
        { zero: int64([], [0]), one: int64([], [1]), axes: int64([1], [1]) },
      ),
    ).toBe(false);
  });
});

test('a model that makes masks of sizes has known shapes behind a reshape that is computed', async () => {
  const { graph } = await opened(
    modelOf({
      inputs: { x: ['float32', [null, 3]] },
      weights: {
        zero: int64([], [0]),
        one: int64([], [1]),
        first: int64([1], [0]),
        rest: int64([1], [-1]),
        w: float32([3, 1], [1, 1, 1]),
      },
      nodes: [
        ['Shape', 'x', 'sizes'],
        ['Gather', 'sizes one', 'width'],
        ['Range', 'zero width one', 'places'],
        ['Cast', 'places', 'weights', { to: 1 }],
        ['Mul', 'x weights', 'weighted'],
        ['Gather', 'sizes first', 'rows'],
        ['Concat', 'rows rest', 'target', { axis: 0 }],
        ['Reshape', 'weighted target', 'flat'],
        ['MatMul', 'flat w', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    }),
  );
  expect(graph.tensors.find(({ name }) => name === 'flat')?.shape).toEqual([null, 3]);
  expect(graph.logits).toEqual([{ output: 'score', index: 0, tensor: 'logit', tensorIndex: 0 }]);
});
