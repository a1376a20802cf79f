import { create } from '@bufbuild/protobuf';
import { expect } from 'vitest';
import { type AttributeValue, attributeOf } from '../../../../src/compute/onnx/attributes.ts';
import { GraphBuilder } from '../../../../src/compute/onnx/builder.ts';
import { appendGradient } from '../../../../src/compute/onnx/gradients/index.ts';
import { Value } from '../../../../src/compute/onnx/gradients/value.ts';
import { givingOut } from '../../../../src/compute/onnx/outputs.ts';
import type { ModelProto } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from '../../../../src/compute/onnx/proto/onnx_pb.js';
import { openSession, runtime } from '../../../../src/compute/onnx/runtime.ts';
import { inferredSpecs } from '../../../../src/compute/onnx/shapes.ts';
import { toTensorProto, valueInfoOf } from '../../../../src/compute/onnx/tensors.ts';
import { elementCount, type Tensor } from '../../../../src/compute/tensor.ts';

/** A node on its own, and how its gradient is tried. Its inputs are x0, x1, …, its outputs y0, y1, … */
export interface Trial {
  operator: string;
  /** Numbers are differentiated; whole numbers and conditions are constants of the graph; null is an input left out. */
  inputs: readonly (Tensor | null)[];
  attributes?: Readonly<Record<string, AttributeValue>>;
  opset?: number;
  outputCount?: number;
  /** Of the outputs, those that the target reads. */
  targets?: readonly number[];
  /** Of the inputs, those that are differentiated; all numbers unless said. */
  wanted?: readonly number[];
  /** The graph does not say the sizes of what is differentiated. */
  dynamic?: boolean;
  /** Whole numbers and conditions come with the batch. */
  fed?: boolean;
  /** 2, unless said: the gradient's gradient as well. */
  order?: 1 | 2;
  /** In float32, since onnxruntime has no other kernel. Differences are coarse then. */
  single?: boolean;
}

/** A line of a table of tests: what it is called, and the trial. */
export const trial = (operator: string, inputs: Trial['inputs'], more: Partial<Trial> = {}): [string, Trial] => [
  [operator, ...(more.opset === undefined ? [] : [`opset ${more.opset}`]), ...Object.keys(more.attributes ?? {})].join(
    ' ',
  ),
  { operator, inputs: more.single ? inputs.map((input) => input && inSingle(input)) : inputs, ...more },
];

/**
 * The gradient of a random combination of a node's outputs agrees with central differences along a random direction, and that of a
 * random combination of the gradients with differences of these, in float64.
 */
export async function expectExact(trial: Trial): Promise<void> {
  const { single } = trial;
  const { expected, computed } = await compared(trial, single ? 1e-2 : 1e-5);
  const scale = Math.max(1, ...expected.map(Math.abs));
  for (const [order, value] of computed.entries())
    expect(Math.abs(value - (expected[order] ?? Number.NaN)) / scale, `order ${order + 1}: ${value}`).toBeLessThan(
      single ? 1e-2 : 1e-6,
    );
}

async function compared(trial: Trial, step: number): Promise<{ expected: number[]; computed: number[] }> {
  const model = modelOf(trial);
  const specs = await inferredSpecs(model, { folder: '', threads: 1 });
  const graph = new GraphBuilder(model, new Map(specs.map((spec) => [spec.name, spec])));
  const random = randomNumbers(7);
  const shown = (trial.targets ?? [0]).map((index) => `y${index}`);
  const wanted = trial.wanted ?? [...trial.inputs.keys()].filter((index) => isFloat(trial.inputs[index]));
  const names = wanted.map((index) => `x${index}`);
  const forward = await results(model, shown, trial.inputs);
  const targets = [
    combined(
      graph,
      shown,
      forward.map(({ dims }) => dims),
      random,
    ),
  ];
  const gradients = [appendGradient(graph, targets[0] ?? '', names)];
  if (trial.order !== 1) {
    targets.push(
      combined(
        graph,
        gradients[0] ?? [],
        wanted.map((index) => trial.inputs[index]?.dims ?? []),
        random,
      ),
    );
    gradients.push(appendGradient(graph, targets[1] ?? '', names));
  }
  const directions = trial.inputs.map((input, index) =>
    wanted.includes(index) && input ? Array.from({ length: input.data.length }, random) : [],
  );
  const at = async (distance: number) => {
    const moved = trial.inputs.map((input, index) => input && shifted(input, directions[index] ?? [], distance));
    return (
      await results(
        graph.model,
        targets.map((name) => made(graph, name)),
        moved,
      )
    ).map(({ data }) => Number(data[0]));
  };
  const [ahead, behind] = [await at(step), await at(-step)];
  const slopes = await Promise.all(
    gradients.map(
      async (list) =>
        await results(
          graph.model,
          list.map((name) => made(graph, name)),
          trial.inputs,
        ),
    ),
  );
  for (const list of slopes)
    expect(list.map(({ dims }) => dims)).toEqual(wanted.map((index) => trial.inputs[index]?.dims));
  return {
    expected: ahead.map((value, order) => (value - (behind[order] ?? 0)) / (2 * step)),
    computed: slopes.map((list) => sum(list.map(({ data }, at) => dot(data, directions[wanted[at] ?? 0] ?? [])))),
  };
}

function modelOf({ operator, inputs, attributes = {}, opset = 18, outputCount = 1, dynamic, fed }: Trial): ModelProto {
  const isInput = (tensor: Tensor): boolean => isFloat(tensor) || fed === true;
  const listed = inputs.flatMap((tensor, index) => (tensor === null ? [] : [{ name: `x${index}`, tensor }]));
  const output = Array.from({ length: outputCount }, (_, index) => `y${index}`);
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: BigInt(opset) }],
    graph: create(GraphProtoSchema, {
      name: 'trial',
      input: listed
        .filter(({ tensor }) => isInput(tensor))
        .map(({ name, tensor }) =>
          valueInfoOf(
            name,
            tensor.dtype,
            tensor.dims.map((size) => (dynamic && isFloat(tensor) ? null : size)),
          ),
        ),
      initializer: listed
        .filter(({ tensor }) => !isInput(tensor))
        .map(({ name, tensor }) => toTensorProto(name, tensor)),
      node: [
        create(NodeProtoSchema, {
          opType: operator,
          name: 'node',
          input: inputs.map((tensor, index) => (tensor === null ? '' : `x${index}`)),
          output,
          attribute: Object.entries(attributes).map(([name, value]) => attributeOf(name, value)),
        }),
      ],
      output: output.map((name) => create(ValueInfoProtoSchema, { name })),
    }),
  });
}

/** Σ over all elements of tensor · a random number. */
function combined(
  graph: GraphBuilder,
  names: readonly string[],
  dims: readonly (readonly number[])[],
  random: () => number,
): string {
  const parts = names.map((name, index) => {
    const value = new Value(graph, name);
    const weights = numbers(dims[index] ?? [], random, value.dtype === 'float32' ? 'float32' : 'float64');
    return value.op('ReduceSum', [value.mul(new Value(graph, graph.constant(weights)))], { keepdims: 0 });
  });
  return parts.reduce((total, part) => total.add(part)).name;
}

async function results(model: ModelProto, names: readonly string[], inputs: readonly (Tensor | null)[]) {
  const session = await openSession(givingOut(model, [...new Set(names)]), { folder: '', threads: 1 });
  const { Tensor: RuntimeTensor } = await runtime();
  const feeds = Object.fromEntries(
    inputs.flatMap((input, index) =>
      input !== null && session.inputNames.includes(`x${index}`)
        ? [[`x${index}`, new RuntimeTensor(input.dtype, input.data, input.dims)]]
        : [],
    ),
  );
  const outputs = await session.run(feeds);
  await session.release();
  return names.map((name) => ({ dims: [...(outputs[name]?.dims ?? [])], data: outputs[name]?.data as Float64Array }));
}

/** What a graph gives out has to be made by a node. */
const made = (graph: GraphBuilder, name: string): string =>
  graph.producerOf(name) === undefined ? (graph.node('Identity', [name])[0] ?? '') : name;

const isFloat = (tensor: Tensor | null | undefined): boolean => tensor?.dtype.startsWith('float') ?? false;

function shifted(tensor: Tensor, direction: readonly number[], distance: number): Tensor {
  if (direction.length === 0) return tensor;
  const data = (tensor.data as Float64Array).map((value, index) => value + distance * (direction[index] ?? 0));
  return { ...tensor, data };
}

const inSingle = (tensor: Tensor): Tensor =>
  tensor.dtype === 'float64'
    ? { ...tensor, dtype: 'float32', data: Float32Array.from(tensor.data as Float64Array) }
    : tensor;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const dot = (a: ArrayLike<number>, b: readonly number[]): number =>
  sum(b.map((value, index) => value * (a[index] ?? 0)));

/** Between −1 and 1 (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let hash = Math.imul(state ^ (state >>> 15), 1 | state);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), 61 | hash);
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

function numbers(dims: readonly number[], next: () => number, dtype: 'float32' | 'float64'): Tensor {
  const values = Array.from({ length: elementCount(dims) }, next);
  return { dtype, dims, data: dtype === 'float64' ? Float64Array.from(values) : Float32Array.from(values) };
}

let seed = 1;

/** Random numbers between −1 and 1, float64, scaled and shifted. */
export const some = (dims: readonly number[], scale = 1, shift = 0): Tensor => {
  const next = randomNumbers(seed++);
  return numbers(dims, () => scale * next() + shift, 'float64');
};
/** Above 0. */
export const above = (dims: readonly number[]): Tensor => some(dims, 0.45, 0.5);
/** No two of them closer than the steps of differences in float32. */
export const apart = (dims: readonly number[]): Tensor => {
  const values = Array.from(some(dims).data as Float64Array);
  const sorted = values.toSorted((a, b) => a - b);
  return float64(
    dims,
    values.map((value) => sorted.indexOf(value) / 10),
  );
};
export const float64 = (dims: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'float64',
  dims,
  data: Float64Array.from(values),
});
export const bool = (dims: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'bool',
  dims,
  data: Uint8Array.from(values),
});
export const int32 = (dims: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'int32',
  dims,
  data: Int32Array.from(values),
});
