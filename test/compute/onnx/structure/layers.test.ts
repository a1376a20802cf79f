import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { LayerGraph, ModelGraph } from '../../../../src/compute/graph.ts';
import { float32, int64, type Tensor } from '../../../../src/compute/tensor.ts';
import { graphOf, type ModelText, modelOf, opened, toy } from '../models.ts';

const graphOfModel = async (model: ModelText | string): Promise<ModelGraph> =>
  (await opened(typeof model === 'string' ? model : modelOf(model))).graph;
const layersOf = async (model: ModelText | string): Promise<readonly LayerGraph[]> =>
  (await graphOfModel(model)).layers;
const kindsOf = (layers: readonly LayerGraph[]) => layers.map(({ name, kind }) => [name, kind]);

const ones = (...dims: number[]): Tensor => float32(dims, new Array(dims.reduce((a, b) => a * b, 1)).fill(1));
const scalar = (value: number): Tensor => float32([], [value]);

/** Two units h of x [n, 3], what follows, and a logit and score of the tensor `a`. */
const around = (nodes: ModelText['nodes'], weights: Record<string, Tensor> = {}): ModelText => ({
  inputs: { x: ['float32', [null, 3]] },
  weights: { w: ones(3, 2), v: ones(2, 1), ...weights },
  nodes: [['MatMul', 'x w', 'h'], ...nodes, ['MatMul', 'a v', 'logit'], ['Sigmoid', 'logit', 'score']],
  outputs: 'score',
});

describe('a net of the paper', () => {
  test('is embeddings, their concatenation, dense layers with their activations, the logit and the score', async () => {
    const path = join(import.meta.dirname, '../../../../examples/flights/v1/model.onnx');
    const { layers, parameterCount } = await graphOfModel(path);
    const rows = layers.map(({ name, kind, activation, units, parameterCount: own }) => [
      name,
      kind,
      activation,
      units,
      own,
    ]);
    expect(rows.slice(0, 8).map(([, kind, , units]) => [kind, units])).toEqual(new Array(8).fill(['EMBEDDING', 16]));
    expect(rows.slice(8)).toEqual([
      ['cat', 'INTERACTION', null, 8 * 16 + 11, 0],
      ['relu', 'DENSE', 'relu', 128, 139 * 128 + 128],
      ['relu_1', 'DENSE', 'relu', 64, 128 * 64 + 64],
      ['relu_2', 'DENSE', 'relu', 32, 64 * 32 + 32],
      ['relu_3', 'DENSE', 'relu', 16, 32 * 16 + 16],
      ['linear_4', 'DENSE', null, 1, 16 + 1],
      ['probability', 'OUTPUT', 'sigmoid', 1, 0],
    ]);
    expect(layers.map(({ index }) => index)).toEqual([...layers.keys()]);
    expect(layers[8]?.inputs).toEqual(layers.slice(0, 8).map(({ name }) => name));
    expect(layers[9]).toMatchObject({ operators: ['Gemm', 'Relu'], inputs: ['cat'], unitAxis: 1 });
    expect(parameterCount).toBe(rows.reduce((sum, [, , , , own]) => sum + Number(own), 0));
  });
});

describe('an activation belongs to the layer that it activates', () => {
  test.each<[string, string[], ModelText['nodes'], Record<string, Tensor>?]>([
    ['relu', [], [['Relu', 'h', 'a']]],
    [
      'silu',
      ['Sigmoid', 'Mul'],
      [
        ['Sigmoid', 'h', 's'],
        ['Mul', 'h s', 'a'],
      ],
    ],
    [
      'gelu',
      ['Div', 'Erf', 'Add', 'Mul', 'Mul'],
      [
        ['Div', 'h root', 'd'],
        ['Erf', 'd', 'e'],
        ['Add', 'e one', 'f'],
        ['Mul', 'h f', 'g'],
        ['Mul', 'g half', 'a'],
      ],
      { root: scalar(Math.SQRT2), one: scalar(1), half: scalar(0.5) },
    ],
    [
      'softplus',
      ['Exp', 'Add', 'Log'],
      [
        ['Exp', 'h', 'e'],
        ['Add', 'e one', 'f'],
        ['Log', 'f', 'a'],
      ],
      { one: scalar(1) },
    ],
    [
      'mish',
      ['Softplus', 'Tanh', 'Mul'],
      [
        ['Softplus', 'h', 'p'],
        ['Tanh', 'p', 't'],
        ['Mul', 'h t', 'a'],
      ],
    ],
    [
      'prelu',
      ['Relu', 'Neg', 'Relu', 'Mul', 'Add'],
      [
        ['Relu', 'h', 'up'],
        ['Neg', 'h', 'n'],
        ['Relu', 'n', 'down'],
        ['Mul', 'down slope', 'sloped'],
        ['Add', 'up sloped', 'a'],
      ],
      { slope: ones(2) },
    ],
  ])('%s, also written out', async (activation, operators, nodes, weights = {}) => {
    const layers = await layersOf(around(nodes, weights));
    expect(kindsOf(layers)).toEqual([
      ['a', 'DENSE'],
      ['logit', 'DENSE'],
      ['score', 'OUTPUT'],
    ]);
    expect(layers[0]?.activation).toBe(activation);
    if (operators.length > 0) expect(layers[0]?.operators).toEqual(['MatMul', ...operators]);
  });

  const statistics = { scale: ones(2), shift: ones(2), mean: ones(2), variance: ones(2) };

  test('Dice: x times a gate that is made of x, normalised', async () => {
    const [dense, ...others] = await layersOf(
      around(
        [
          ['BatchNormalization', 'h scale shift mean variance', 'normal'],
          ['Sigmoid', 'normal', 'p'],
          ['Sub', 'one p', 'q'],
          ['Mul', 'q alpha', 'r'],
          ['Mul', 'r h', 'low'],
          ['Mul', 'p h', 'high'],
          ['Add', 'low high', 'a'],
        ],
        { ...statistics, one: scalar(1), alpha: ones(2) },
      ),
    );
    // w [3, 2], four statistics and alpha of two units each
    expect(dense).toMatchObject({ name: 'a', kind: 'DENSE', activation: 'dice', units: 2, parameterCount: 6 + 8 + 2 });
    expect(kindsOf(others)).toEqual([
      ['logit', 'DENSE'],
      ['score', 'OUTPUT'],
    ]);
  });

  test('Dice of every position: the output is where the units are on the last axis again', async () => {
    const layers = await layersOf({
      inputs: { x: ['float32', [null, 4, 3]] },
      weights: { w: ones(3, 2), ...statistics, one: scalar(1), alpha: ones(2, 1) },
      nodes: [
        ['MatMul', 'x w', 'h'],
        ['Transpose', 'h', 'turned', { perm: [0, 2, 1] }],
        ['BatchNormalization', 'turned scale shift mean variance', 'normal'],
        ['Sigmoid', 'normal', 'p'],
        ['Sub', 'one p', 'q'],
        ['Mul', 'q alpha', 'r'],
        ['Mul', 'r turned', 'low'],
        ['Mul', 'p turned', 'high'],
        ['Add', 'low high', 'sum'],
        ['Transpose', 'sum', 'a', { perm: [0, 2, 1] }],
        ['ReduceSum', 'a', 'total', { keepdims: 0 }],
      ],
      outputs: 'total',
    });
    expect(layers[0]).toMatchObject({ name: 'a', activation: 'dice', units: 2, unitAxis: 2 });
  });

  test('a layer norm that is written out is one layer, and its root is no activation', async () => {
    const layers = await layersOf(toy('composites.onnx'));
    expect(layers.map(({ name, kind, activation }) => [name, kind, activation])).toEqual([
      ['gelu', 'DENSE', 'gelu'],
      ['norm', 'NORMALIZATION', null],
      ['silu', 'DENSE', 'silu'],
      ['softplus', 'DENSE', 'softplus'],
      ['logit', 'DENSE', null],
      ['score', 'OUTPUT', 'sigmoid'],
    ]);
  });
});

describe('a normalisation that is written out', () => {
  const constants = { scale: ones(2), shift: ones(2), mean: ones(1, 2), deviation: ones(1, 2), half: scalar(0.5) };
  const scaled: ModelText['nodes'] = [
    ['Mul', 'r scale', 'm'],
    ['Add', 'm shift', 'a'],
  ];
  const standardized: ModelText['nodes'] = [
    ['Sub', 'r mean', 'c'],
    ['Div', 'c deviation', 'a'],
  ];
  const behind = (r: ModelText['nodes'], nodes: ModelText['nodes']) => layersOf(around([...r, ...nodes], constants));
  const silu: ModelText['nodes'] = [
    ['Sigmoid', 'h', 's'],
    ['Mul', 'h s', 'r'],
  ];
  const softplus: ModelText['nodes'] = [
    ['Exp', 'h', 'e'],
    ['Add', 'e half', 'f'],
    ['Log', 'f', 'r'],
  ];

  test.each<[string, ModelText['nodes'], ModelText['nodes'], operators: string[]]>([
    ['relu', [['Relu', 'h', 'r']], scaled, ['Mul', 'Add']],
    ['relu', [['Relu', 'h', 'r']], standardized, ['Sub', 'Div']],
    ['silu', silu, scaled, ['Mul', 'Add']],
    ['softplus', softplus, standardized, ['Sub', 'Div']],
    [
      'relu',
      [['Relu', 'h', 'r']],
      [...scaled.with(-1, ['Add', 'm shift', 'n']), ['Relu', 'n', 'a']],
      ['Mul', 'Add', 'Relu'],
    ],
  ])('behind the activation %s is a layer of its own', async (activation, before, nodes, operators) => {
    const layers = await behind(before, nodes);
    expect(kindsOf(layers)).toEqual([
      ['r', 'DENSE'],
      ['a', 'NORMALIZATION'],
      ['logit', 'DENSE'],
      ['score', 'OUTPUT'],
    ]);
    expect(layers[0]).toMatchObject({ activation, parameterCount: 6 });
    expect(layers[1]).toMatchObject({ operators, inputs: ['r'], parameterCount: 4, units: 2 });
  });

  test('before the activation belongs to the layer, and so does what scales all units alike', async () => {
    const before = await behind(
      [],
      [...scaled.with(0, ['Mul', 'h scale', 'm']).with(1, ['Add', 'm shift', 'n']), ['Relu', 'n', 'a']],
    );
    const alike = await behind(
      [['Relu', 'h', 'r']],
      [
        ['Mul', 'r half', 'm'],
        ['Add', 'm half', 'a'],
      ],
    );
    for (const layers of [before, alike])
      expect(kindsOf(layers)).toEqual([
        ['a', 'DENSE'],
        ['logit', 'DENSE'],
        ['score', 'OUTPUT'],
      ]);
  });
});

describe('bookkeeping is no layer', () => {
  test('reshapes, slices, casts and transpositions only hand on where values come from', async () => {
    const layers = await layersOf(
      around(
        [
          ['Relu', 'h', 'r'],
          ['Unsqueeze', 'r last', 'u'],
          ['Transpose', 'u', 't', { perm: [0, 2, 1] }],
          ['Slice', 't from to last', 's'],
          ['Squeeze', 's middle', 'q'],
          ['Identity', 'q', 'a'],
        ],
        { last: int64([1], [2]), middle: int64([1], [1]), from: int64([1], [0]), to: int64([1], [2]) },
      ),
    );
    expect(layers.map(({ name, inputs }) => [name, inputs])).toEqual([
      ['r', []],
      ['logit', ['r']],
      ['score', ['logit']],
    ]);
  });

  test('nor is an If whose branches only move values about', async () => {
    const branch = (operator: string) => ({
      graph: graphOf({ inputs: {}, nodes: [[operator, 'r', `${operator}_r`]], outputs: `${operator}_r` }),
    });
    const layers = await layersOf(
      around(
        [
          ['Relu', 'h', 'r'],
          ['If', 'flag', 'a', { then_branch: branch('Identity'), else_branch: branch('Identity') }],
        ],
        { flag: { dtype: 'bool', dims: [], data: Uint8Array.of(1) } },
      ),
    );
    expect(kindsOf(layers)).toEqual([
      ['r', 'DENSE'],
      ['logit', 'DENSE'],
      ['score', 'OUTPUT'],
    ]);
    expect(layers[1]?.inputs).toEqual(['r']);
  });
});

describe('features meet', () => {
  const table = ones(5, 2);
  const inputs: ModelText['inputs'] = { city: ['int64', [null, 1]], history: ['int64', [null, 4]] };
  const carriers: ModelText['nodes'] = [
    ['Gather', 'table city', 'one'],
    ['Gather', 'table history', 'many'],
  ];

  test('a concatenation of carriers is an interaction, a sum over positions a pooling', async () => {
    const layers = await layersOf({
      inputs,
      weights: { table, positions: int64([1], [1]), v: ones(4, 1) },
      nodes: [
        ...carriers,
        ['ReduceSum', 'many positions', 'pooled'],
        ['Concat', 'one pooled', 'both', { axis: 2 }],
        ['MatMul', 'both v', 'y'],
      ],
      outputs: 'y',
    });
    expect(layers.map(({ name, kind, units, inputs: from }) => [name, kind, units, from])).toEqual([
      ['one', 'EMBEDDING', 2, []],
      ['many', 'EMBEDDING', 2, []],
      ['pooled', 'POOLING', 2, ['many']],
      ['both', 'INTERACTION', 4, ['one', 'pooled']],
      ['y', 'OUTPUT', 1, ['both']],
    ]);
  });

  test('ids times a table in one-hot form are an embedding', async () => {
    const layers = await layersOf({
      inputs: { id: ['int64', [null]] },
      weights: { table, depth: int64([], [5]), values: float32([2], [0, 1]), v: ones(2, 1) },
      nodes: [
        ['OneHot', 'id depth values', 'hot'],
        ['MatMul', 'hot table', 'carrier'],
        ['MatMul', 'carrier v', 'y'],
      ],
      outputs: 'y',
    });
    expect(kindsOf(layers)).toEqual([
      ['carrier', 'EMBEDDING'],
      ['y', 'OUTPUT'],
    ]);
  });

  test('products are interactions, also of as many positions as units, and sums over the units of a product', async () => {
    const layers = await layersOf({
      inputs: { city: ['int64', [null, 2]], history: ['int64', [null, 2]] },
      weights: { table, units: int64([1], [-1]), v: ones(2, 1) },
      nodes: [
        ...carriers,
        ['Mul', 'one many', 'product'],
        ['ReduceSum', 'product units', 'inner', { keepdims: 0 }],
        ['MatMul', 'inner v', 'y'],
      ],
      outputs: 'y',
    });
    expect(kindsOf(layers)).toEqual([
      ['one', 'EMBEDDING'],
      ['many', 'EMBEDDING'],
      ['product', 'INTERACTION'],
      ['inner', 'INTERACTION'],
      ['y', 'OUTPUT'],
    ]);
  });

  test('a product with weights is dense, one with a softmax attention, one of two layers an interaction', async () => {
    const layers = await layersOf({
      inputs: { x: ['float32', [null, 3, 2]] },
      weights: { w: ones(2, 2), v: ones(2, 1) },
      nodes: [
        ['Einsum', 'x w', 'query', { equation: 'nij,jk->nik' }],
        ['MatMul', 'x w', 'key'],
        ['Einsum', 'query key', 'scores', { equation: 'nik,njk->nij' }],
        ['Softmax', 'scores', 'weights'],
        ['MatMul', 'weights key', 'pooled'],
        ['MatMul', 'pooled v', 'y'],
      ],
      outputs: 'y',
    });
    expect(kindsOf(layers)).toEqual([
      ['query', 'DENSE'],
      ['key', 'DENSE'],
      ['weights', 'INTERACTION'],
      ['pooled', 'ATTENTION'],
      ['y', 'OUTPUT'],
    ]);
  });

  test('a mean over positions behind a layer norm is a layer of its own', async () => {
    const layers = await layersOf({
      inputs: { x: ['float32', [null, 3, 2]] },
      weights: { w: ones(2, 2), scale: ones(2), v: ones(2, 1), positions: int64([1], [1]) },
      nodes: [
        ['MatMul', 'x w', 'h'],
        ['LayerNormalization', 'h scale', 'normal'],
        ['ReduceMean', 'normal positions', 'pooled', { keepdims: 0 }],
        ['MatMul', 'pooled v', 'y'],
      ],
      outputs: 'y',
    });
    expect(kindsOf(layers)).toEqual([
      ['h', 'DENSE'],
      ['normal', 'NORMALIZATION'],
      ['pooled', 'POOLING'],
      ['y', 'OUTPUT'],
    ]);
  });
});

describe('units and parameters', () => {
  test('of a convolution and its pooling are on axis 1', async () => {
    const layers = await layersOf(toy('conv.onnx'));
    expect(layers.map(({ name, units, unitAxis }) => [name, units, unitAxis])).toEqual([
      ['conv', 2, 1],
      ['pooled', 2, 1],
      ['logit', 1, 1],
      ['score', 1, 1],
    ]);
  });

  test('whole numbers are none: columns, axes, shapes', async () => {
    const { layers, parameterCount } = await graphOfModel(toy('matrix.onnx'));
    expect(layers.map(({ name, parameterCount: own }) => [name, own])).toEqual([
      ['item_embedding', 10],
      ['user_embedding', 8],
      ['history_embedding', 10],
      ['history_sum', 0],
      ['embeddings', 0],
      ['hidden', 16],
      ['logit', 3],
      ['score', 0],
    ]);
    // The history shares the item's table.
    expect(parameterCount).toBe(10 + 8 + 16 + 3);
  });
});
