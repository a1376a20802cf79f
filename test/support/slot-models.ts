import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { float32, int64 } from '../../src/compute/tensor.ts';
import { type ModelText, modelOf, temporaryFolder, written } from '../compute/onnx/models.ts';
import { type GraphConstant, writeGraphModel } from './graph-model.ts';
import { entryCount, type SlotNet, type Step } from './slot-nets.ts';

/** A net in one of its forms: the path of its file. */
export const slotForms = { onnx: asOnnx, graph: asGraph, layers: asLayers } as const;

const tableOf = (first: readonly number[]): number[] =>
  Array.from({ length: entryCount }, (_, id) => first.map((value) => id * value)).flat();

const rankOf = ({ weights }: SlotNet): number => weights.length;

async function asOnnx(net: SlotNet): Promise<string> {
  const weights: NonNullable<ModelText['weights']> = { w: float32([rankOf(net), 2], net.weights.flat()) };
  for (const [name, first] of Object.entries(net.tables))
    weights[name] = float32([entryCount, first.length], tableOf(first));
  const list = (name: string, ...values: number[]): string => {
    weights[name] = int64([values.length], values);
    return name;
  };
  const node = (step: Step): ModelText['nodes'][number] => {
    const { to } = step;
    switch (step.op) {
      case 'reshape':
        return ['Reshape', `${step.from} ${list(`${to}.shape`, -1, ...step.dims)}`, to];
      case 'transpose':
        return ['Transpose', step.from, to, { perm: [0, ...step.order.map((axis) => axis + 1)] }];
      case 'slice': {
        const { axis, start, end } = step.at;
        const lists = [list(`${to}.from`, start), list(`${to}.to`, end), list(`${to}.axis`, axis + 1)];
        return ['Slice', [step.from, ...lists].join(' '), to];
      }
      case 'concat':
        return ['Concat', step.from.join(' '), to, { axis: step.axis + 1 }];
      case 'whole':
        return ['Cast', step.from, to, { to: 7 }];
      case 'lookup':
        return ['Gather', `${step.table} ${step.from}`, to];
    }
  };
  const nodes = net.steps.map(node);
  const flat = net.values.map(({ name }): ModelText['nodes'][number] => ['Flatten', name, `${name}.flat`]);
  return written(
    modelOf({
      inputs: Object.fromEntries(
        net.inputs.map(({ name, dtype, dims }) => [name, [dtype === 'ids' ? 'int64' : dtype, [null, ...dims]]]),
      ),
      weights: { ...weights, units: int64([2], [1, 1]) },
      nodes: [
        ...nodes,
        ...flat,
        ['Concat', net.values.map(({ name }) => `${name}.flat`).join(' '), 'all', { axis: 1 }],
        ['MatMul', 'all w', 'hidden'],
        ['Split', 'hidden units', 'h0 h1', { axis: 1 }],
        ['Mul', 'h1 h1', 'squared'],
        ['Add', 'h0 squared', 'logit'],
        ['Sigmoid', 'logit', 'score'],
      ],
      outputs: 'score',
    }),
  );
}

const type = (name: string) => ({ T: { type: name } });

/** Of TensorFlow.js, as its converter writes it. */
class GraphText {
  readonly constants: GraphConstant[] = [];
  readonly nodes: object[] = [];

  node(op: string, name: string, input: readonly string[], attr: object = type('DT_FLOAT')): void {
    this.nodes.push({ name, op, input, attr });
  }

  whole(name: string, shape: readonly number[], values: readonly number[]): string {
    this.constants.push([name, 'int32', shape, values]);
    return name;
  }

  step(step: Step): void {
    const { to } = step;
    switch (step.op) {
      case 'reshape':
        this.node('Reshape', to, [step.from, this.whole(`${to}/shape`, [step.dims.length + 1], [-1, ...step.dims])]);
        return;
      case 'transpose': {
        const order = [0, ...step.order.map((axis) => axis + 1)];
        this.node('Transpose', to, [step.from, this.whole(`${to}/perm`, [order.length], order)]);
        return;
      }
      case 'slice': {
        const { rank, axis, start, end } = step.at;
        const begin = Array.from({ length: rank + 1 }, (_, at) => (at === axis + 1 ? start : 0));
        const sizes = Array.from({ length: rank + 1 }, (_, at) => (at === axis + 1 ? end - start : -1));
        const lists = [this.whole(`${to}/begin`, [rank + 1], begin), this.whole(`${to}/size`, [rank + 1], sizes)];
        this.node('Slice', to, [step.from, ...lists]);
        return;
      }
      case 'concat':
        this.node('ConcatV2', to, [...step.from, this.whole(`${to}/axis`, [], [step.axis + 1])], {
          N: { i: String(step.from.length) },
        });
        return;
      case 'whole':
        this.node('Cast', to, [step.from], { SrcT: { type: 'DT_FLOAT' }, DstT: { type: 'DT_INT32' } });
        return;
      case 'lookup':
        this.node('GatherV2', to, [step.table, step.from, 'zero'], { batch_dims: { i: '0' } });
    }
  }
}

async function asGraph(net: SlotNet): Promise<string> {
  const text = new GraphText();
  text.whole('zero', [], [0]);
  text.whole('one', [], [1]);
  for (const [name, first] of Object.entries(net.tables))
    text.constants.push([name, 'float32', [entryCount, first.length], tableOf(first)]);
  text.constants.push(['w', 'float32', [rankOf(net), 2], net.weights.flat()]);
  text.constants.push(['linear', 'float32', [2, 1], [1, 0]], ['square', 'float32', [2, 1], [0, 1]]);
  for (const { name, dtype, dims } of net.inputs)
    text.node('Placeholder', name, [], {
      dtype: { type: dtype === 'ids' ? 'DT_INT32' : 'DT_FLOAT' },
      shape: { shape: { dim: [-1, ...dims].map((dim) => ({ size: String(dim) })) } },
    });
  for (const step of net.steps) text.step(step);
  const product = { transpose_a: { b: false }, transpose_b: { b: false } };
  for (const { name, width } of net.values)
    text.node('Reshape', `${name}/flat`, [name, text.whole(`${name}/width`, [2], [-1, width])]);
  const flat = net.values.map(({ name }) => `${name}/flat`);
  const [only = ''] = flat;
  if (flat.length > 1) text.node('ConcatV2', 'all', [...flat, 'one'], { N: { i: String(flat.length) } });
  text.node('MatMul', 'hidden', [flat.length > 1 ? 'all' : only, 'w'], product);
  text.node('MatMul', 'h0', ['hidden', 'linear'], product);
  text.node('MatMul', 'h1', ['hidden', 'square'], product);
  text.node('Square', 'squared', ['h1']);
  text.node('AddV2', 'logit', ['h0', 'squared']);
  text.node('Sigmoid', 'score', ['logit']);
  const folder = join(await temporaryFolder(), 'graph');
  await writeGraphModel(folder, text.constants, text.nodes);
  return join(folder, 'model.json');
}

async function asLayers(net: SlotNet): Promise<string> {
  const weights: { name: string; shape: readonly number[]; values: readonly number[] }[] = [];
  const layer = (className: string, name: string, config: object, from: readonly string[]) => ({
    class_name: className,
    name,
    config: { name, dtype: 'float32', ...config },
    inbound_nodes: from.length === 0 ? [] : [from.map((one) => [one, 0, 0, {}])],
  });
  const layers = net.inputs.map(({ name, dtype, dims }) =>
    layer('InputLayer', name, { batch_input_shape: [null, ...dims], dtype: dtype === 'ids' ? 'int32' : dtype }, []),
  );
  for (const step of net.steps) {
    const { to, op } = step;
    if (op === 'reshape') layers.push(layer('Reshape', to, { target_shape: step.dims }, [step.from]));
    if (op === 'transpose')
      layers.push(layer('Permute', to, { dims: step.order.map((axis) => axis + 1) }, [step.from]));
    if (op !== 'lookup') continue;
    const first = net.tables[step.table] as readonly number[];
    layers.push(layer('Embedding', to, { input_dim: entryCount, output_dim: first.length }, [step.from]));
    weights.push({ name: `${to}/embeddings`, shape: [entryCount, first.length], values: tableOf(first) });
  }
  for (const { name, width } of net.values)
    layers.push(layer('Reshape', `${name}_flat`, { target_shape: [width] }, [name]));
  const flat = net.values.map(({ name }) => `${name}_flat`);
  if (flat.length > 1) layers.push(layer('Concatenate', 'all', { axis: -1 }, flat));
  layers.push(
    layer('Dense', 'hidden', { units: 2, use_bias: false, activation: 'linear' }, flat.length > 1 ? ['all'] : flat),
  );
  layers.push(layer('Dense', 'score', { units: 1, use_bias: false, activation: 'sigmoid' }, ['hidden']));
  weights.push({ name: 'hidden/kernel', shape: [rankOf(net), 2], values: net.weights.flat() });
  weights.push({ name: 'score/kernel', shape: [2, 1], values: [1, 1] });
  const folder = join(await temporaryFolder(), 'layers');
  await mkdir(folder);
  await writeFile(
    join(folder, 'weights.bin'),
    Buffer.from(Float32Array.from(weights.flatMap(({ values }) => values)).buffer),
  );
  const config = {
    name: 'net',
    layers,
    input_layers: net.inputs.map(({ name }) => [name, 0, 0]),
    output_layers: [['score', 0, 0]],
  };
  const path = join(folder, 'model.json');
  await writeFile(
    path,
    JSON.stringify({
      format: 'layers-model',
      modelTopology: {
        keras_version: '2.15.0',
        backend: 'tensorflow',
        model_config: { class_name: 'Functional', config },
      },
      weightsManifest: [
        { paths: ['weights.bin'], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })) },
      ],
    }),
  );
  return path;
}
