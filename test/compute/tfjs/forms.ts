import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { BatchInput, OpenModel } from '../../../src/compute/executor.ts';
import { onnxExecutor } from '../../../src/compute/onnx/executor.ts';
import { elementCount, float32, type Tensor } from '../../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';

/** Keras nets of many layers, each in three forms: test/fixtures/generate/keras_layers.py. */
export const netsFolder = join(import.meta.dirname, '../../fixtures/keras_layers');
export const nets = ['sequences', 'towers', 'multi_hot', 'heads', 'attending'] as const;
export type Net = (typeof nets)[number];

/** Where a form lies in the folder of its net. */
export const forms = { layers: 'layers', graph: 'graph', onnx: 'model.onnx' } as const;
export type Form = keyof typeof forms;

export const formsOf = (net: Net): Form[] =>
  (Object.keys(forms) as Form[]).filter((form) => net !== 'heads' || form !== 'layers');

export interface Opened {
  readonly model: OpenModel;
  /** The first rows. */
  readonly batch: BatchInput;
  readonly expected: Expected;
}

/** What TensorFlow says of the first rows; gradients are those of the first output's logit. */
export interface Expected {
  readonly inputs: Readonly<Record<string, number[]>>;
  readonly outputs: readonly number[][];
  readonly logit: readonly number[];
  readonly tables: Readonly<Record<string, number[]>>;
  readonly floats: Readonly<Record<string, number[]>>;
}

/** A net in one of its forms, open until the file's tests have ended. */
export const openForm = (net: Net, form: Form): Promise<Opened> => openNet(net, forms[form]);

/** The same, by its place in the net's folder. */
export async function openNet(net: Net, place: string): Promise<Opened> {
  const home = await mkdtemp(join(tmpdir(), 'glassgraph-forms-'));
  const root = join(netsFolder, net);
  const executor = place.endsWith('.onnx') ? onnxExecutor : tfjsExecutor;
  const { artifact } = await executor.register({ path: join(root, place), root }, home);
  const model = await executor.open(artifact, { home, threads: 1 });
  afterAll(async () => {
    await model.close();
    await rm(home, { recursive: true, force: true });
  });
  const expected: Expected = JSON.parse(readFileSync(join(root, 'expected.json'), 'utf8'));
  return { model, expected, batch: batchOf(model, expected) };
}

function batchOf({ graph }: OpenModel, { inputs }: Expected): BatchInput {
  const tensors = graph.inputs.map(({ name, dtype, shape }): [string, Tensor] => {
    const values = inputs[name] as number[];
    const row = shape.slice(1) as number[];
    const dims = [values.length / elementCount(row), ...row];
    return [
      name,
      dtype === 'float32' ? float32(dims, values) : { dtype: 'int32', dims, data: Int32Array.from(values) },
    ];
  });
  return { rowCount: tensors[0]?.[1].dims[0] as number, inputs: Object.fromEntries(tensors), rowValues: {} };
}
