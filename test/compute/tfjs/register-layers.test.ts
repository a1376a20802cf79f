import { readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { gradient, tensor } from '../../../src/compute/program.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';
import { runtime } from '../../../src/compute/tfjs/runtime/runtime.ts';
import { copied, edited, type Refusal, testRefusals } from './copies.ts';
import { netsFolder } from './forms.ts';

const towers = join(netsFolder, 'towers/layers');
const shard = 'group1-shard1of1.bin';

// biome-ignore lint/suspicious/noExplicitAny: each test breaks another part of the file.
type Json = any;
const layers = (model: Json): Json[] => model.modelTopology.model_config.config.layers;
const layer = (model: Json, name: string): Json => layers(model).find((one) => one.name === name);
const withLayer = (name: string, change: (layer: Json) => void) => (folder: string) =>
  edited(folder, (model) => change(layer(model, name)));

describe('registering a layers model', () => {
  test('keeps it as it is, the same every time', async () => {
    const { home, register } = await copied(towers);
    const first = await register();
    expect(first).toMatchObject({ format: 'TFJS_LAYERS', artifact: { executor: 'TFJS' } });
    expect(await register()).toEqual(first);
    const model = await tfjsExecutor.open(first.artifact, { home, threads: 1 });
    expect(model.graph).toEqual(first.graph);
    await model.close();
  });

  test('has another digest when a byte of a weight changes', async () => {
    const { folder, register } = await copied(towers);
    const { filesDigest } = await register();
    const weights = await readFile(join(folder, shard));
    weights[0] = (weights[0] as number) ^ 1;
    await writeFile(join(folder, shard), weights);
    expect((await register()).filesDigest).not.toBe(filesDigest);
  });

  test('takes what tfjs itself saves, with the optimizer’s weights', async () => {
    const { folder, register } = await copied(towers);
    await edited(folder, (model) => {
      model.modelTopology = { ...model.modelTopology.model_config, keras_version: 'tfjs-layers 4.22.0' };
      model.weightsManifest[0].weights.push({ name: 'Adam/m', shape: [1], dtype: 'float32', group: 'optimizer' });
    });
    const weights = await readFile(join(folder, shard));
    await writeFile(join(folder, shard), Buffer.concat([weights, Buffer.alloc(4)]));
    expect((await register()).graph.parameterCount).toBe(137);
  });

  test('takes several shards in folders below', async () => {
    const { folder, register } = await copied(towers);
    const { graph } = await register();
    const weights = await readFile(join(folder, shard));
    await writeFile(join(folder, 'first.bin'), weights.subarray(0, 101));
    await writeFile(join(folder, 'rest.bin'), weights.subarray(101));
    await edited(folder, (model) => {
      model.weightsManifest[0].paths = ['first.bin', 'rest.bin'];
    });
    expect((await register()).graph).toEqual(graph);
  });
});

const refusals: readonly Refusal[] = [
  ['without its weights', 'not there', (folder) => rm(join(folder, shard))],
  ['with weights cut off', 'model.json wants', (folder) => truncate(join(folder, shard), 100)],
  [
    'with weights behind a link',
    'behind a link',
    async (folder) => {
      await writeFile(join(folder, '../elsewhere.bin'), await readFile(join(folder, shard)));
      await rm(join(folder, shard));
      await symlink('../elsewhere.bin', join(folder, shard));
    },
  ],
  [
    'with weights outside of its folder',
    'does not name a file below',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].paths = ['../../etc/passwd'];
      }),
  ],
  [
    'with a Lambda',
    '“leaky” is made of Lambda',
    withLayer('leaky', (one) => {
      one.class_name = 'Lambda';
    }),
  ],
  [
    'with a layer of somebody’s own',
    '“leaky” is made of Custom>Dice',
    withLayer('leaky', (one) => {
      one.class_name = 'Custom>Dice';
    }),
  ],
  [
    'with a layer of Keras that TensorFlow.js does not have',
    '“leaky” is made of GroupNormalization',
    withLayer('leaky', (one) => {
      one.class_name = 'GroupNormalization';
    }),
  ],
  [
    'with a layer that is called with more than tensors',
    '“leaky” is called with `training`',
    withLayer('leaky', (one) => {
      const [[[name, ...place]]] = one.inbound_nodes as [[[string, number, number]]];
      one.inbound_nodes = [[[name, place[0], place[1], { training: true }]]];
    }),
  ],
  [
    'with attention over other axes than that of positions',
    '“leaky” attends over axes',
    withLayer('leaky', (one) => {
      one.class_name = 'MultiHeadAttention';
      one.config = { name: 'leaky', num_heads: 2, key_dim: 2, attention_axes: [1, 2] };
    }),
  ],
  [
    'with a layer that is called like a part of every object',
    '“leaky” is made of constructor',
    withLayer('leaky', (one) => {
      one.class_name = 'constructor';
    }),
  ],
  [
    'with a cell of somebody’s own in a layer',
    '“leaky” is made of MyCell',
    withLayer('leaky', (one) => {
      one.class_name = 'RNN';
      one.config.cell = { class_name: 'MyCell', config: {} };
    }),
  ],
  [
    'with an activation that nobody knows',
    '“bought” has the activation my_act',
    withLayer('bought', (one) => {
      one.config.activation = 'my_act';
    }),
  ],
  [
    'that keeps a state between batches',
    '“leaky” keeps a state',
    withLayer('leaky', (one) => {
      one.config.stateful = true;
    }),
  ],
  [
    'with two layers of one name',
    'Two layers are called “click”',
    withLayer('buy', (one) => {
      one.name = 'click';
    }),
  ],
  [
    'with a layer that reads nothing that is there',
    '“leaky” reads “nowhere”',
    withLayer('leaky', (one) => {
      one.inbound_nodes[0][0][0] = 'nowhere';
    }),
  ],
  [
    'with a cycle',
    'form a cycle',
    withLayer('total', (one) => {
      one.inbound_nodes[0][0] = ['leaky', 0, 0, {}];
    }),
  ],
  [
    'with calls as Keras 3 writes them',
    'Keras 2',
    withLayer('total', (one) => {
      one.inbound_nodes = [{ args: [], kwargs: {} }];
    }),
  ],
  [
    'with an output that is not there',
    'output_layers do not name',
    (folder) =>
      edited(folder, (model) => {
        model.modelTopology.model_config.config.output_layers = [['nowhere', 0, 0]];
      }),
  ],
  [
    'with a layer that is larger than its weights',
    'want more weights',
    withLayer('bought', (one) => {
      one.config.units = 1e9;
    }),
  ],
  [
    'with a layer of another shape than its weights',
    'refuses the model',
    withLayer('bought', (one) => {
      one.config.units = 2;
    }),
  ],
  [
    'with rows that fit no memory',
    'beyond the limits',
    (folder) =>
      edited(folder, (model) => {
        const leaky = layer(model, 'leaky');
        leaky.class_name = 'RepeatVector';
        leaky.config = { name: 'leaky', n: 1e12 };
        layers(model).push({
          class_name: 'GlobalMaxPooling1D',
          name: 'line',
          config: { name: 'line' },
          inbound_nodes: [[['leaky', 0, 0, {}]]],
        });
        layer(model, 'joined').inbound_nodes[0][1] = ['line', 0, 0, {}];
      }),
  ],
  [
    'with a weight that no layer has',
    'refuses the model',
    (folder) =>
      edited(folder, (model) => {
        model.weightsManifest[0].weights[0].name = 'nobody/kernel';
      }),
  ],
  [
    'with a description that has no end',
    'levels deep',
    withLayer('leaky', (one) => {
      for (let level = 0; level < 100; level++) one.config = { deeper: one.config };
      one.config.name = 'leaky';
    }),
  ],
];

describe('no layers model is', () => {
  testRefusals(towers, refusals);

  test('left in memory when it is refused', async () => {
    const tf = await runtime(1);
    const { folder, register } = await copied(towers);
    const { numTensors } = tf.memory();
    await withLayer('bought', (one) => {
      one.config.units = 2;
    })(folder);
    await expect(register()).rejects.toMatchObject({ code: 'MODEL_REJECTED' });
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

test('a gradient through a layer that has none names it when it is compiled', async () => {
  const { folder, home, register } = await copied(towers);
  const added = (className: string, name: string, from: string, config: object) => ({
    class_name: className,
    name,
    config: { name, ...config },
    inbound_nodes: [[[from, 0, 0, {}]]],
  });
  await edited(folder, (model) => {
    layer(model, 'joined').inbound_nodes[0][1] = ['line', 0, 0, {}];
    layers(model).push(
      added('Reshape', 'image', 'leaky', { target_shape: [1, 1, 4] }),
      added('CenterCrop', 'cropped', 'image', { height: 1, width: 1 }),
      added('Reshape', 'line', 'cropped', { target_shape: [4] }),
    );
  });
  const { artifact } = await register();
  const model = await tfjsExecutor.open(artifact, { home, threads: 1 });
  await expect(model.compile({ outputs: { g: gradient(tensor('click'), tensor('numbers')) } })).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operator: 'CenterCrop', node: 'cropped' },
  });
  await model.close();
});
