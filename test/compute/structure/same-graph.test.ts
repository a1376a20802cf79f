import { expect, test } from 'vitest';
import type { ModelGraph } from '../../../src/compute/graph.ts';
import { randomNumbers } from '../onnx/gradients/numbers.ts';
import { activations, centred, drawNet, type Luck } from './drawn.ts';
import { Net } from './net.ts';

const luckOf = (next: () => number): Luck => {
  const below = (count: number): number => Math.floor(((next() + 1) / 2) * count) % count;
  return { size: (most) => 1 + below(most), of: (items) => items[below(items.length)] as (typeof items)[number] };
};

/** All but the operators, which each format calls by its own names. */
const seen = ({ layers, logits, parameterCount, capabilities }: ModelGraph) => ({
  layers: layers.map(({ operators, ...layer }) => ({ ...layer, operatorCount: operators.length })),
  logits,
  parameterCount,
  capabilities,
});

async function sameGraph(net: Net, output: string): Promise<ModelGraph> {
  const { onnx, tensorflow } = await net.graphs(output);
  expect(seen(tensorflow)).toEqual(seen(onnx));
  return tensorflow;
}

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'the same network has the same layers and logits on both executors: seed %i',
  async (seed) => {
    const next = randomNumbers(seed);
    const luck = luckOf(next);
    const shape = luck.of([true, false]) ? [luck.size(4)] : [luck.size(4), luck.size(4)];
    const net = new Net(shape, next);
    const { layers, logits, outputs } = await sameGraph(net, drawNet(net, shape, luck));
    expect(layers.at(-1)).toMatchObject({ kind: 'OUTPUT' });
    expect(logits).toHaveLength(outputs[0]?.shape[1] as number);
  },
);

/** The layers of what is made of x [n, …shape], and a product behind it. */
async function behind(shape: readonly number[], make: (net: Net) => string, width: number) {
  const net = new Net(shape, randomNumbers(1));
  const { layers } = await sameGraph(net, net.apply('Sigmoid', net.apply('MatMul', make(net), net.weight(width, 1))));
  return layers.slice(0, -2);
}

test.each(Object.entries(activations))(
  'the activation %s has its name, also written out',
  async (activation, spell) => {
    const layers = await behind([3], (net) => spell(net, net.apply('MatMul', 'x', net.weight(3, 2)), 2), 2);
    expect(layers).toMatchObject([{ kind: 'DENSE', activation, units: 2, unitAxis: 1 }]);
  },
);

test.each<[string, (net: Net, h: string) => string]>([
  ['sigmoid', (net, h) => net.apply('Mul', net.apply('Sigmoid', h), net.number(2))],
  ['sigmoid', (net, h) => net.apply('Sigmoid', net.apply('Mul', h, net.weight(2)))],
  ['tanh', (net, h) => net.apply('Mul', net.apply('Tanh', net.apply('Pow', h, net.number(2))), net.number(2))],
  ['softplus', (net, h) => net.apply('Mul', net.apply('Softplus', net.apply('Tanh', h)), net.number(2))],
])('a product with a constant makes no gate of %s', async (activation, spell) => {
  const layers = await behind([3], (net) => spell(net, net.apply('MatMul', 'x', net.weight(3, 2))), 2);
  expect(layers).toMatchObject([{ kind: 'DENSE', activation }]);
});

/** x [n, 2, 3] · [3, 2]: as many positions as units. */
const square = (net: Net): string => net.einsum('ntd,de->nte', 'x', net.weight(3, 2));

test('an Einsum with a weight is a dense layer, of two of the rows’ tensors an interaction, of weights by rows attention', async () => {
  const layers = await behind(
    [2, 3],
    (net) => {
      const h = square(net);
      const shares = net.apply('Softmax', net.einsum('nte,nse->nts', h, h));
      return net.reshape(net.einsum('nts,nse->nte', shares, h), -1, 4);
    },
    4,
  );
  expect(layers).toMatchObject([
    { kind: 'DENSE', units: 2, unitAxis: 2, parameterCount: 6, inputs: [] },
    { kind: 'INTERACTION', activation: 'softmax', inputs: [layers[0]?.name] },
    { kind: 'ATTENTION', activation: null, inputs: [layers[1]?.name, layers[0]?.name] },
  ]);
});

test.each([
  ['positions', 1, 'POOLING'],
  ['units', 2, 'INTERACTION'],
] as const)('a mean over %s is known by its axis, though there are as many of the others', async (_, axis, kind) => {
  const layers = await behind([2, 3], (net) => net.reduce('ReduceMean', square(net), axis), 2);
  expect(layers).toMatchObject([{ kind: 'DENSE' }, { kind, units: 2 }]);
});

test('a layer ends where its positions are found again, and where its units are on the last axis again', async () => {
  const flat = await behind(
    [2, 3],
    (net) => net.reshape(net.reshape(net.apply('MatMul', net.reshape('x', -1, 3), net.weight(3, 2)), -1, 2, 2), -1, 4),
    4,
  );
  const turned = await behind(
    [4, 3],
    (net) => net.reshape(net.transpose(activations.silu(net, net.transpose(square(net), 0, 2, 1)), 0, 2, 1), -1, 8),
    8,
  );
  expect(flat).toMatchObject([{ kind: 'DENSE', units: 2, unitAxis: 2, output: { shape: [null, 2, 2] } }]);
  expect(turned).toMatchObject([{ kind: 'DENSE', activation: 'silu', units: 2, output: { shape: [null, 4, 2] } }]);
});

test('units are counted on the last axis of the layer’s output, whatever a later reshape makes of them', async () => {
  const apart = await behind(
    [3],
    (net) => net.reshape(net.apply('Relu', net.reshape(net.apply('MatMul', 'x', net.weight(3, 4)), -1, 4, 1)), -1, 4),
    4,
  );
  expect(apart).toMatchObject([{ kind: 'DENSE', activation: 'relu', units: 4, unitAxis: 1 }]);
});

test('a stack of layers is an interaction that ends there, and a normalisation by mean and deviation a layer', async () => {
  const stacked = await behind(
    [3],
    (net) => {
      const parts = [1, 2].map(() => net.apply('MatMul', 'x', net.weight(3, 2)));
      return net.reshape(net.apply('Relu', net.stack(1, ...parts)), -1, 4);
    },
    4,
  );
  const normal = await behind([3], (net) => centred(net, net.apply('MatMul', 'x', net.weight(3, 2))), 2);
  expect(stacked.map(({ kind }) => kind)).toEqual(['DENSE', 'DENSE', 'INTERACTION', 'ACTIVATION']);
  expect(normal).toMatchObject([{ kind: 'DENSE' }, { kind: 'NORMALIZATION', activation: null, units: 2 }]);
});

test('joins on whatever axis lead to the logits of their parts', async () => {
  const net = new Net([2, 3], randomNumbers(1));
  const [first, second] = [1, 2].map(() => net.einsum('ntd,de->nte', 'x', net.weight(3, 1))) as [string, string];
  const scores = [first, second].map((logit) => net.apply('Sigmoid', logit));
  const { logits } = await sameGraph(net, net.concat(2, ...scores));
  expect(logits.map(({ tensor, tensorIndex }) => [tensor, tensorIndex])).toEqual([
    [first, 0],
    [second, 0],
    [first, 1],
    [second, 1],
  ]);
});

test('a stack of scores leads to the logit of each', async () => {
  const net = new Net([3], randomNumbers(1));
  const [first, second] = [1, 2].map(() => net.apply('MatMul', 'x', net.weight(3, 1))) as [string, string];
  const { logits } = await sameGraph(net, net.stack(1, net.apply('Sigmoid', first), net.apply('Sigmoid', second)));
  expect(logits.map(({ tensor, tensorIndex }) => [tensor, tensorIndex])).toEqual([
    [first, 0],
    [second, 0],
  ]);
});
