import { describe, expect, test } from 'vitest';
import { GraphBuilder } from '../../../../src/compute/onnx/builder.ts';
import { integersOf } from '../../../../src/compute/onnx/shapes/constant-folding.ts';
import { float32, int64 } from '../../../../src/compute/tensor.ts';
import { type ModelText, modelOf } from '../models.ts';

/** The value of y in a graph in front of which x is [rows, 3, 4] and i one number of each row. */
function folded(nodes: ModelText['nodes'], weights: NonNullable<ModelText['weights']> = {}) {
  const inputs: ModelText['inputs'] = { x: ['float32', [null, 3, 4]], i: ['int64', [null]] };
  const specs = Object.entries(inputs).map(([name, [dtype, shape]]) => ({ name, dtype, shape }));
  const numbers = {
    zero: int64([], [0]),
    one: int64([], [1]),
    list: int64([2], [2, -1]),
    many: int64([3], [5, 6, 7]),
    first: int64([1], [1]),
    last: int64([1], [-1]),
  };
  const model = modelOf({ inputs, nodes, weights: { ...numbers, ...weights }, outputs: 'y' });
  return integersOf(new GraphBuilder(model, new Map(specs.map((spec) => [spec.name, spec]))), 'y');
}

const shape: ModelText['nodes'][number] = ['Shape', 'x', 'sizes'];

describe('what is known of whole numbers beforehand', () => {
  test.each<[string, ModelText['nodes'], number[]]>([
    ['sizes', [shape, ['Gather', 'sizes list', 'y']], [4, 4]],
    ['from the end', [['Shape', 'x', 'y', { start: -2 }]], [3, 4]],
    ['parts of lists', [['Slice', 'many first last', 'y']], [6]],
    [
      'sums and products',
      [shape, ['Gather', 'sizes one', 'three'], ['Mul', 'three three', 'n'], ['Add', 'n one', 'y']],
      [10],
    ],
    [
      'lists',
      [shape, ['Gather', 'sizes one', 'n'], ['Unsqueeze', 'n zero', 'l'], ['Concat', 'l many', 'y', { axis: 0 }]],
      [3, 5, 6, 7],
    ],
    ['conditions', [shape, ['Gather', 'sizes one', 'n'], ['Equal', 'n one', 'is'], ['Not', 'is', 'y']], [1]],
    [
      'choices',
      [
        ['Less', 'zero one', 'is'],
        ['Where', 'is many zero', 'y'],
      ],
      [5, 6, 7],
    ],
  ])('%s', (_, nodes, values) => {
    expect(folded(nodes)).toEqual(values);
  });

  test('numbers are cut off when they become whole ones', () => {
    expect(folded([['Cast', 'f', 'y', { to: 7 }]], { f: float32([2], [2.7, -2.7]) })).toEqual([2, -2]);
    expect(folded([['Cast', 'f', 'y', { to: 9 }]], { f: float32([2], [0.5, 0]) })).toEqual([1, 0]);
  });

  test('nothing, where it depends on the rows or on how many there are', () => {
    expect(folded([['Add', 'i one', 'y']])).toBeUndefined();
    expect(folded([shape, ['Gather', 'sizes zero', 'y']])).toBeUndefined();
    expect(folded([['NonZero', 'x', 'y']])).toBeUndefined();
  });
});
