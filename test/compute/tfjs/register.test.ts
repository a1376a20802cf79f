import { cp, link, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { executorFor } from '../../../src/compute/executors.ts';
import { gradient, tensor } from '../../../src/compute/program.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { copied, edited, type Refusal, testRefusals } from './copies.ts';
import { twinsFolder } from './twins.ts';

const shard = 'group1-shard1of1.bin';

const original = join(twinsFolder, 'tfjs');

describe('registering a graph model', () => {
  test('copies it into a read-only folder of its digest, the same every time', async () => {
    const { folder, home, register } = await copied(original);
    const first = await register();
    expect(first).toMatchObject({ format: 'TFJS_GRAPH', artifact: { executor: 'TFJS' } });
    expect(await register()).toEqual(first);
    expect(await readdir(join(home, 'models'))).toHaveLength(1);
    for (const file of first.artifact.files) expect((await stat(join(home, file))).mode & 0o222).toBe(0);
    await rm(folder, { recursive: true });
    const model = await tfjsExecutor.open(first.artifact, { home, threads: 1 });
    expect(model.graph).toEqual(first.graph);
    expect(model.graph.capabilities).toEqual({ activations: true, interventions: true, blockers: [], strays: [] });
    await model.close();
  });

  test('takes a folder or its model.json, and is told from ONNX by the files’ names', async () => {
    const { folder, home } = await copied(original);
    const path = join(folder, 'model.json');
    for (const source of [
      { path, root: folder },
      { path: folder, root: folder },
    ])
      expect((await executorFor(source)).info.name).toBe('TFJS');
    expect((await executorFor({ path: join(twinsFolder, 'model.onnx'), root: twinsFolder })).info.name).toBe(
      'ONNXRUNTIME',
    );
    const byFile = await tfjsExecutor.register({ path, root: folder }, home);
    expect(byFile).toEqual(await tfjsExecutor.register({ path: folder, root: folder }, home));
  });

  test('has another digest when a byte of a weight changes', async () => {
    const { folder, register } = await copied(original);
    const { filesDigest, artifact } = await register();
    const weights = await readFile(join(folder, shard));
    weights[0] = (weights[0] as number) ^ 1;
    await writeFile(join(folder, shard), weights);
    const changed = await register();
    expect(changed.filesDigest).not.toBe(filesDigest);
    expect(changed.artifact).not.toEqual(artifact);
  });
});

const refusals: readonly Refusal[] = [
  ['without its weights', 'not there', (folder) => rm(join(folder, shard))],
  ['with weights cut off', 'model.json wants', (folder) => truncate(join(folder, shard), 100)],
  ['with weights too long', 'at most', async (folder) => truncate(join(folder, shard), 10_000)],
  [
    'with weights outside of its folder',
    'does not name a file below',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].paths = ['../secret.bin'];
      }),
  ],
  [
    'with weights behind a link',
    'behind a link',
    async (folder) => {
      await cp(join(folder, shard), join(folder, '../elsewhere.bin'));
      await rm(join(folder, shard));
      await symlink('../elsewhere.bin', join(folder, shard));
    },
  ],
  ['with weights that have a second name', 'second name', (folder) => link(join(folder, shard), join(folder, 'other'))],
  ['that is cut off', 'no JSON', (folder) => truncate(join(folder, 'model.json'), 500)],
  ['without model.json', 'not there', (folder) => rm(join(folder, 'model.json'))],
  ['that is something else', 'no graph model', (folder) => writeFile(join(folder, 'model.json'), '{"name": "x"}')],
  [
    'of layers that has none',
    'no functional model',
    (folder) =>
      edited(folder, (model) => {
        model.format = 'layers-model';
      }),
  ],
  [
    'with a shape that is none',
    'no graph model',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].weights[0].shape = [-1, 3];
      }),
  ],
  [
    'with more weights than memory',
    'holds at most',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].weights[0].shape = [2 ** 20, 2 ** 12];
      }),
  ],
  [
    'with a weight of a type that nobody reads',
    'is of type complex64',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].weights[0].dtype = 'complex64';
      }),
  ],
  [
    'with a weight of more dimensions than there are',
    'beyond the limits',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].weights[0].shape = Array(17).fill(1);
      }),
  ],
  [
    'with a weight that is quantised without a scale',
    'quantised in a way',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].weights[0].quantization = { dtype: 'uint8' };
      }),
  ],
  [
    'with more weights than there are',
    'weights; the most is',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].weights = Array(100_001).fill({ name: 'w', shape: [], dtype: 'bool' });
      }),
  ],
  [
    'with more nodes than there are',
    'nodes; the most is',
    (folder) =>
      edited(folder, ({ modelTopology }) => {
        modelTopology.node = Array(100_001).fill({ name: 'x', op: 'Const' });
      }),
  ],
  [
    'with a node that nobody makes',
    'which is not in the graph',
    (folder) =>
      edited(folder, ({ modelTopology }) => {
        modelTopology.node.at(-1).input = ['nowhere'];
      }),
  ],
  [
    'with a cycle',
    'cycle',
    (folder) =>
      edited(folder, ({ modelTopology }) => {
        modelTopology.node.at(-2).input[0] = 'Identity';
      }),
  ],
  [
    'with control flow',
    'StatelessWhile',
    (folder) =>
      edited(folder, ({ modelTopology }) => {
        modelTopology.node.at(-1).op = 'StatelessWhile';
      }),
  ],
  [
    'with as many rows as values are found',
    'The operator Where',
    (folder) =>
      edited(folder, ({ modelTopology }) => {
        modelTopology.node.at(-1).op = 'Where';
      }),
  ],
  [
    'with an operator that nobody knows',
    'cannot run the model',
    (folder) =>
      edited(folder, ({ modelTopology }) => {
        modelTopology.node.at(-1).op = 'Frobnicate';
      }),
  ],
];

describe('no model is', () => {
  testRefusals(original, refusals);
});

test('a gradient through an operator that has none names the node when it is compiled', async () => {
  const { folder, home, register } = await copied(original);
  await edited(folder, ({ modelTopology: { node }, weightsManifest: [{ weights }] }) => {
    const end = node.at(-1);
    const vector = weights.find(({ shape }: { shape: number[] }) => shape.length === 1);
    node.push(
      { name: 'axis', op: 'Rank', input: [vector.name] },
      { name: 'sums', op: 'Cumprod', input: [...end.input, 'axis'] },
    );
    end.input = ['sums'];
  });
  const { artifact } = await register();
  const model = await tfjsExecutor.open(artifact, { home, threads: 1 });
  await expect(
    model.compile({ outputs: { g: gradient(tensor('Identity'), tensor('numbers')) } }),
  ).rejects.toMatchObject({ code: 'UNSUPPORTED_OPERATOR', details: { operator: 'Cumprod', node: 'sums' } });
  await model.close();
});
