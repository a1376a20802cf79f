import { describe, expect, test } from 'vitest';
import type { LogitTensor } from '../../../../src/compute/graph.ts';
import { valueInfoOf } from '../../../../src/compute/onnx/tensors.ts';
import { float32, int64 } from '../../../../src/compute/tensor.ts';
import { graphOf, type ModelText, modelOf, opened, toy } from '../models.ts';

/** Logits a [n, 1] and b [n, 2] of x, and whatever is made of them. */
async function logitsOf(nodes: ModelText['nodes'], outputs: string): Promise<readonly LogitTensor[]> {
  const model = modelOf({
    inputs: { x: ['float32', [null, 3]] },
    weights: {
      v: float32([3, 1], [1, 2, 3]),
      w: float32([3, 2], [1, 2, 3, 4, 5, 6]),
      axis: int64([1], [1]),
      flat: int64([1], [-1]),
      last: int64([], [-1]),
      two: int64([1], [2]),
      heads: int64([3], [-1, 2, 2]),
    },
    nodes: [['MatMul', 'x v', 'a'], ['MatMul', 'x w', 'b'], ...nodes],
    outputs,
  });
  return (await opened(model)).graph.logits;
}

describe('the logit of a head is what its sigmoid reads', () => {
  test('through squeezes, reshapes and identities', async () => {
    const logits = await logitsOf(
      [
        ['Sigmoid', 'a', 'p'],
        ['Squeeze', 'p axis', 'q'],
        ['Reshape', 'q flat', 'r'],
        ['Identity', 'r', 'score'],
      ],
      'score',
    );
    expect(logits).toEqual([{ output: 'score', index: 0, tensor: 'a', tensorIndex: 0 }]);
  });

  test('through the choice of columns', async () => {
    const logits = await logitsOf(
      [
        ['Sigmoid', 'b', 'q'],
        ['Gather', 'q last', 'score', { axis: 1 }],
        ['Slice', 'q axis two axis', 'second'],
      ],
      'score second',
    );
    expect(logits).toEqual([
      { output: 'score', index: 0, tensor: 'b', tensorIndex: 1 },
      { output: 'second', index: 0, tensor: 'b', tensorIndex: 1 },
    ]);
  });

  test('of each head of a concatenation, and of each column of a sigmoid', async () => {
    const logits = await logitsOf(
      [
        ['Sigmoid', 'a', 'p'],
        ['Sigmoid', 'b', 'q'],
        ['Concat', 'q p', 'scores', { axis: 1 }],
      ],
      'scores',
    );
    expect(logits).toEqual([
      { output: 'scores', index: 0, tensor: 'b', tensorIndex: 0 },
      { output: 'scores', index: 1, tensor: 'b', tensorIndex: 1 },
      { output: 'scores', index: 2, tensor: 'a', tensorIndex: 0 },
    ]);
  });

  test('of a class of a softmax, among the elements that it is over', async () => {
    const logits = await logitsOf(
      [
        ['Softmax', 'b', 'q'],
        ['Gather', 'q last', 'score', { axis: 1 }],
      ],
      'q score',
    );
    const among = { tensor: 'b', classes: { start: 0, end: 2 } };
    expect(logits).toEqual([
      { output: 'q', index: 0, tensorIndex: 0, ...among },
      { output: 'q', index: 1, tensorIndex: 1, ...among },
      { output: 'score', index: 0, tensorIndex: 1, ...among },
    ]);
  });

  test('of each softmax of a tensor that has several', async () => {
    const logits = await logitsOf(
      [
        ['Concat', 'b b', 'c', { axis: 1 }],
        ['Reshape', 'c heads', 'd'],
        ['Softmax', 'd', 'scores', { axis: 2 }],
      ],
      'scores',
    );
    expect(logits.map(({ tensorIndex, classes }) => [tensorIndex, classes])).toEqual([
      [0, { start: 0, end: 2 }],
      [1, { start: 0, end: 2 }],
      [2, { start: 2, end: 4 }],
      [3, { start: 2, end: 4 }],
    ]);
  });

  test('of each output that has one', async () => {
    const logits = await logitsOf(
      [
        ['Sigmoid', 'a', 'click'],
        ['Relu', 'a', 'value'],
        ['Sigmoid', 'b', 'others'],
      ],
      'click value others',
    );
    expect(logits.map(({ output, index, tensor, tensorIndex }) => [output, index, tensor, tensorIndex])).toEqual([
      ['click', 0, 'a', 0],
      ['others', 0, 'b', 0],
      ['others', 1, 'b', 1],
    ]);
  });
});

describe('no logit', () => {
  test('has a product of sigmoids, beside a head that has one', async () => {
    const logits = await logitsOf(
      [
        ['Sigmoid', 'a', 'click'],
        ['Sigmoid', 'b', 'given'],
        ['Mul', 'click given', 'buy'],
        ['Concat', 'click buy', 'scores', { axis: 1 }],
      ],
      'scores',
    );
    expect(logits).toEqual([{ output: 'scores', index: 0, tensor: 'a', tensorIndex: 0 }]);
  });

  test('has a sigmoid of a tensor whose rank depends on the rows: nothing could read it', async () => {
    const branch = (operator: string) => ({
      graph: graphOf({ inputs: {}, nodes: [[operator, 'x', `${operator}_x`]], outputs: `${operator}_x` }),
    });
    const model = modelOf({
      inputs: { x: ['float32', [null, 1]], flag: ['bool', []] },
      nodes: [
        ['If', 'flag', 'a', { then_branch: branch('Identity'), else_branch: branch('Squeeze') }],
        ['Sigmoid', 'a', 'score'],
      ],
      outputs: 'score',
    });
    if (model.graph !== undefined) model.graph.output = [valueInfoOf('score', 'float32', [null, 1])];
    expect((await opened(model)).graph.logits).toEqual([]);
  });

  test('has a softmax over the rows, or of one class, or an output that is the logit itself', async () => {
    expect(await logitsOf([['Softmax', 'b', 'score', { axis: 0 }]], 'score')).toEqual([]);
    expect(await logitsOf([['Softmax', 'a', 'score']], 'score')).toEqual([]);
    expect((await opened(toy('logit.onnx'))).graph.logits).toEqual([]);
  });
});
