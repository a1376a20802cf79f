import { describe, expect, test } from 'vitest';
import { mergeEqual } from '../../../../src/compute/onnx/rewriting/merge-equal.ts';
import { float32, int64 } from '../../../../src/compute/tensor.ts';
import { graphOf, type ModelText } from '../models.ts';

/** The nodes that are left, as operator, inputs and outputs. */
function merged(nodes: ModelText['nodes'], outputs: string, weights: ModelText['weights'] = {}) {
  const graph = graphOf({ inputs: { x: ['float32', [null, 3]], id: ['int64', [null]] }, nodes, outputs, weights });
  mergeEqual(graph);
  return {
    nodes: graph.node.map(({ opType, input, output }) => `${opType} ${input.join(' ')} → ${output.join(' ')}`),
    initializers: graph.initializer.map(({ name }) => name),
  };
}

describe('equal nodes become one', () => {
  test('also when they read what has become one, by constants of their own', () => {
    const { nodes, initializers } = merged(
      [
        ['Gather', 'x first', 'a', { axis: 1 }],
        ['Cast', 'a', 'b', { to: 7 }],
        ['Gather', 'table b', 'wide'],
        ['Gather', 'x again', 'c', { axis: 1 }],
        ['Cast', 'c', 'd', { to: 7 }],
        ['Gather', 'table d', 'deep'],
        ['Add', 'wide deep', 'y'],
      ],
      'y',
      { first: int64([1], [2]), again: int64([1], [2]), table: float32([4, 1], [0, 1, 2, 3]) },
    );
    expect(nodes).toEqual(['Gather x first → a', 'Cast a → b', 'Gather table b → wide', 'Add wide wide → y']);
    expect(initializers).toEqual(['first', 'table']);
  });

  test('also behind a Cast to the type that a tensor has already', () => {
    const { nodes } = merged(
      [
        ['Cast', 'id', 'a', { to: 7 }],
        ['Gather', 'table a', 'wide'],
        ['Cast', 'x', 'b', { to: 7 }],
        ['Cast', 'b', 'c', { to: 7 }],
        ['Cast', 'c', 'd', { to: 1 }],
        ['Cast', 'a', 'e', { to: 7 }],
        ['Gather', 'table e', 'deep'],
        ['Sum', 'wide deep d', 'y'],
      ],
      'y',
      { table: float32([4, 3], new Array(12).fill(1)) },
    );
    expect(nodes).toEqual(['Gather table id → wide', 'Cast x → b', 'Cast b → d', 'Sum wide wide d → y']);
  });

  test('also where the body of a control flow reads them', () => {
    const branch = { graph: graphOf({ inputs: {}, nodes: [['Neg', 's', 'n']], outputs: 'n' }) };
    const graph = graphOf({
      inputs: { x: ['float32', [null]], flag: ['bool', []] },
      nodes: [
        ['Relu', 'x', 'r'],
        ['Relu', 'x', 's'],
        ['If', 'flag', 'y', { then_branch: branch, else_branch: branch }],
        ['Add', 'r y', 'z'],
      ],
      outputs: 'z',
    });
    mergeEqual(graph);
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Relu', 'If', 'Add']);
    expect(graph.node[1]?.attribute.map(({ g }) => g?.node[0]?.input)).toEqual([['r'], ['r']]);
  });
});

describe('nodes stay', () => {
  const stay = (nodes: ModelText['nodes'], outputs: string, weights: ModelText['weights'] = {}) =>
    expect(merged(nodes, outputs, weights).nodes).toHaveLength(nodes.length);

  test('that give outputs of the model', () => {
    stay(
      [
        ['Relu', 'x', 'y'],
        ['Relu', 'x', 'z'],
      ],
      'y z',
    );
  });

  test('whose attributes differ', () => {
    stay(
      [
        ['Softmax', 'x', 'a', { axis: 0 }],
        ['Softmax', 'x', 'b', { axis: 1 }],
        ['Add', 'a b', 'y'],
      ],
      'y',
    );
  });

  test('that draw random numbers', () => {
    stay(
      [
        ['RandomNormalLike', 'x', 'a'],
        ['RandomNormalLike', 'x', 'b'],
        ['Add', 'a b', 'y'],
      ],
      'y',
    );
  });

  test('that read different weights, though their values are equal', () => {
    const zeros = float32([3], [0, 0, 0]);
    stay(
      [
        ['Add', 'x v', 'a'],
        ['Add', 'x w', 'b'],
        ['Mul', 'a b', 'y'],
      ],
      'y',
      { v: zeros, w: zeros },
    );
  });
});
