import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { LayerGraph } from '../../../src/compute/graph.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { type GraphConstant, writeGraphModel } from '../../support/graph-model.ts';

const node = (op: string, name: string, input: string) => ({ name, op, input: input.split(' '), attr: {} });
const x = {
  name: 'x',
  op: 'Placeholder',
  attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [{ size: '-1' }, { size: '3' }] } } },
};
const constants: GraphConstant[] = [
  ['w', 'float32', [3, 2], [1, 0, 0, 1, 1, 1]],
  ['v', 'float32', [2, 1], [1, 1]],
  ['gamma', 'float32', [2], [2, 3]],
  ['variance', 'float32', [2], [4, 4]],
  ['beta', 'float32', [2], [1, -1]],
  ['half', 'float32', [], [0.5]],
  ['one', 'float32', [], [1]],
  ['three', 'float32', [], [3]],
  ['sixth', 'float32', [], [1 / 6]],
  ['apart', 'int32', [4], [-1, 1, 1, 2]],
  ['flat', 'int32', [2], [-1, 2]],
];

/** Two units h of x [n, 3], what follows, and a logit and score of the node `a`. */
async function layersOf(nodes: readonly object[]): Promise<readonly LayerGraph[]> {
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-written-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const around = [
    x,
    node('MatMul', 'h', 'x w'),
    ...nodes,
    node('MatMul', 'logit', 'a v'),
    node('Sigmoid', 'score', 'logit'),
  ];
  await writeGraphModel(join(folder, 'model'), constants, around);
  const path = join(folder, 'model');
  return (await tfjsExecutor.register({ path, root: path }, join(folder, 'home'))).graph.layers;
}

const kindsOf = (layers: readonly LayerGraph[]) => layers.map(({ name, kind }) => [name, kind]);
const relu = node('Relu', 'r', 'h');
/** As Keras exports it: what is computed of weights alone stays in the graph. */
const scaled = [node('Rsqrt', 's', 'variance'), node('Mul', 'scale', 's gamma'), node('Mul', 'm', 'r scale')];

test.each<[string, object[]]>([
  ['multiplied and added', [...scaled, node('AddV2', 'a', 'm beta')]],
  ['subtracted and divided', [node('Sub', 'm', 'r beta'), node('RealDiv', 'a', 'm variance')]],
])('a normalisation that is written out behind an activation is a layer of its own: %s', async (_, nodes) => {
  const layers = await layersOf([relu, ...nodes]);
  expect(kindsOf(layers)).toEqual([
    ['r', 'DENSE'],
    ['a', 'NORMALIZATION'],
    ['logit', 'DENSE'],
    ['score', 'OUTPUT'],
  ]);
  expect(layers[0]).toMatchObject({ activation: 'relu', parameterCount: 6 });
  expect(layers[1]).toMatchObject({ activation: null, inputs: ['r'], units: 2 });
});

test.each<[string, string, object[]]>([
  [
    'before the activation',
    'relu',
    [node('Mul', 'm', 'h gamma'), node('AddV2', 'n', 'm beta'), node('Relu', 'a', 'n')],
  ],
  ['that is alike for all units', 'relu', [relu, node('Mul', 'm', 'r half'), node('AddV2', 'a', 'm half')]],
  [
    'that is a part of a gate',
    'silu',
    [node('Sigmoid', 's', 'h'), node('Mul', 'm', 's gamma'), node('AddV2', 'n', 'm beta'), node('Mul', 'a', 'h n')],
  ],
])('what belongs to the layer: one %s', async (_, activation, nodes) => {
  const layers = await layersOf(nodes);
  expect(kindsOf(layers)).toEqual([
    ['a', 'DENSE'],
    ['logit', 'DENSE'],
    ['score', 'OUTPUT'],
  ]);
  expect(layers[0]?.activation).toBe(activation);
});

test('a gate that is made of a layer by normalising it belongs to the layer: Dice', async () => {
  const layers = await layersOf([
    node('Reshape', 'image', 'h apart'),
    node('FusedBatchNormV3', 'normal', 'image gamma beta beta variance'),
    node('Reshape', 'n', 'normal flat'),
    node('Sigmoid', 'p', 'n'),
    node('Sub', 'q', 'one p'),
    node('Mul', 'r', 'q gamma'),
    node('Mul', 'low', 'r h'),
    node('Mul', 'high', 'p h'),
    node('AddV2', 'a', 'low high'),
  ]);
  expect(kindsOf(layers)).toEqual([
    ['a', 'DENSE'],
    ['logit', 'DENSE'],
    ['score', 'OUTPUT'],
  ]);
  expect(layers[0]).toMatchObject({ activation: 'dice', units: 2 });
});

test('an activation by limits is called as in ONNX', async () => {
  const [layer] = await layersOf([node('ClipByValue', 'a', 'h half one')]);
  expect(layer).toMatchObject({ kind: 'DENSE', activation: 'clip' });
});

test('so is the hard swish that Keras writes out', async () => {
  const [layer] = await layersOf([
    node('AddV2', 'up', 'h three'),
    node('Relu6', 'r', 'up'),
    node('Mul', 'm', 'h r'),
    node('Mul', 'a', 'm sixth'),
  ]);
  expect(layer).toMatchObject({ kind: 'DENSE', activation: 'hardswish' });
});
