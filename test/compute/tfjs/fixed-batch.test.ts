import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as p from '../../../src/compute/program.ts';
import { float32, type Tensor } from '../../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { type GraphConstant, writeGraphModel } from '../../support/graph-model.ts';
import { copied, edited } from './copies.ts';
import { openNet } from './forms.ts';
import { evaluated, twinsFolder } from './twins.ts';

const size = (count: number) => ({ size: String(count) });
const float = { T: { type: 'DT_FLOAT' } };
const node = (op: string, name: string, input: string, attr = {}) => ({
  name,
  op,
  input: input.split(' '),
  attr: { ...float, ...attr },
});
const x = (rows: number) => ({
  name: 'x',
  op: 'Placeholder',
  attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [size(rows), size(2), size(2)] } } },
});
const constants: GraphConstant[] = [
  ['w', 'float32', [4, 1], [1, 2, 3, 4]],
  ['flat', 'int32', [2], [3, 4]],
  ['row', 'int32', [2], [1, 4]],
  ['axis', 'int32', [], [0]],
  ['both', 'int32', [2], [0, 1]],
  ['place', 'float32', [3, 1], [0, 1, 2]],
];
const product = { transpose_a: { b: false }, transpose_b: { b: false } };
const flattened = [node('Reshape', 'r', 'x flat'), node('MatMul', 'z', 'r w', product)];

/** z = x₀ + 2x₁ + 3x₂ + 4x₃ of rows [3, 2, 2], the numbers of a row in their order, and what follows. */
async function registered(nodes: readonly object[]) {
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-fixed-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'model');
  await writeGraphModel(path, constants, [x(3), ...nodes]);
  const home = join(folder, 'home');
  const registration = await tfjsExecutor.register({ path, root: path }, home);
  const model = await tfjsExecutor.open(registration.artifact, { home, threads: 1 });
  onTestFinished(() => model.close());
  return { ...registration, model };
}

const valuesOf = (tensor: Tensor | undefined) => Array.from(tensor?.data as Float32Array);
const rows = (count: number) =>
  float32(
    [count, 2, 2],
    Array.from({ length: 4 * count }, (_, at) => at),
  );
/** Of row i: 4i + 2(4i + 1) + 3(4i + 2) + 4(4i + 3). */
const expected = (count: number) => Array.from({ length: count }, (_, row) => 40 * row + 20);

describe('a graph model for batches of 3', () => {
  const forms: [string, object[], rowsPerRun: number | undefined][] = [
    ['takes any number of rows where its reshapes can', [...flattened, node('Sigmoid', 'p', 'z')], undefined],
    [
      'is run 3 rows at a time where it takes them one by one',
      [
        node('Unpack', 'u', 'x', { num: { i: '3' }, axis: { i: '0' } }),
        ...[0, 1, 2].map((at) => node('Reshape', `r${at}`, `${at === 0 ? 'u' : `u:${at}`} row`)),
        node('ConcatV2', 'r', 'r0 r1 r2 axis', { N: { i: '3' } }),
        node('MatMul', 'z', 'r w', product),
        node('Sigmoid', 'p', 'z'),
      ],
      3,
    ],
  ];

  test.each(forms)('%s', async (_, nodes, rowsPerRun) => {
    const { artifact, graph, model } = await registered(nodes);
    expect(artifact.rowsPerRun).toBe(rowsPerRun);
    expect([graph.inputs, graph.outputs].map(([spec]) => spec?.shape)).toEqual([
      [null, 2, 2],
      [null, 1],
    ]);
    expect(graph.layers.map(({ name, output }) => [name, output.shape])).toEqual(
      expect.arrayContaining([
        ['z', [null, 1]],
        ['p', [null, 1]],
      ]),
    );
    for (const rowCount of [1, 3, 5]) {
      const outputs = { z: p.tensor('z'), slope: p.gradient(p.tensor('z'), p.tensor('x')) };
      const batch = { rowCount, inputs: { x: rows(rowCount) }, rowValues: {} };
      const { z, slope } = await evaluated(model, { outputs }, batch);
      expect(valuesOf(z)).toEqual(expected(rowCount));
      expect(slope).toEqual(float32([rowCount, 2, 2], new Array(rowCount).fill([1, 2, 3, 4]).flat()));
    }
  });

  test('is refused where a row’s place makes a difference', async () => {
    await expect(registered([...flattened, node('AddV2', 'a', 'z place')])).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringMatching(/depends on the row’s place in the batch.+input_signature of None/),
    });
  });
});

test('a converted net for batches of 5 gives what it gives for any', async () => {
  const { home, folder, register } = await copied(join(twinsFolder, 'tfjs'));
  const original = await register();
  await edited(folder, ({ modelTopology }) => {
    for (const { op, attr } of modelTopology.node) if (op === 'Placeholder') attr.shape.shape.dim[0].size = '5';
  });
  const fixed = await register();
  expect(fixed.artifact).toEqual(original.artifact);
  expect(fixed.graph.inputs.map(({ shape }) => shape[0])).toEqual(original.graph.inputs.map(() => null));
  await rm(home, { recursive: true });
});

test('layers take any number of rows, whatever they were made for', async () => {
  const { model, batch, expected: keras } = await openNet('towers', 'layers');
  const { folder, home, register } = await copied(join(twinsFolder, '../keras_layers/towers/layers'));
  await edited(folder, (json) => {
    for (const { config } of json.modelTopology.model_config.config.layers)
      if (config.batch_input_shape !== undefined) config.batch_input_shape[0] = 8;
  });
  const { artifact, graph } = await register();
  expect(graph).toEqual(model.graph);
  const fixed = await tfjsExecutor.open(artifact, { home, threads: 1 });
  const outputs = { score: p.tensor(graph.outputs[0]?.name ?? '') };
  const { score } = await evaluated(fixed, { outputs }, batch);
  for (const [at, value] of (keras.outputs[0] ?? []).entries()) expect(valuesOf(score)[at]).toBeCloseTo(value, 5);
  await fixed.close();
});
