import { expect } from 'vitest';
import { GraphBuilder } from '../../../../src/compute/onnx/builder.ts';
import { appendGradient } from '../../../../src/compute/onnx/gradients/index.ts';
import { Value } from '../../../../src/compute/onnx/gradients/value.ts';
import { givingOut } from '../../../../src/compute/onnx/outputs.ts';
import type { ModelProto } from '../../../../src/compute/onnx/proto/onnx_pb.js';
import { openSession, runtime } from '../../../../src/compute/onnx/sessions/runtime.ts';
import { inferredSpecs } from '../../../../src/compute/onnx/shapes/specs.ts';
import type { Tensor } from '../../../../src/compute/tensor.ts';
import { randomNumbers, randomTensor } from './numbers.ts';

export interface Comparison {
  readonly model: ModelProto;
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Tensors that are differentiated, all together. */
  readonly targets: readonly string[];
  /** Inputs of floating-point type that they are differentiated with respect to. */
  readonly wanted: readonly string[];
  /** 2: the gradient's gradient as well. */
  readonly order: 1 | 2;
  /** In float32, where differences are coarse. */
  readonly single: boolean;
  /** 1e-2 in float32 and 1e-6 in float64 unless said. */
  readonly tolerance?: number | undefined;
}

const settings = { folder: '', threads: 1 };

/**
 * The gradient of a random combination of the targets agrees with central differences along a random direction, and the gradient
 * of a random combination of the gradients with differences of these.
 */
export async function expectAgreement(comparison: Comparison): Promise<void> {
  const { inputs, wanted, single, tolerance = single ? 1e-2 : 1e-6 } = comparison;
  const random = randomNumbers(7);
  const directions = new Map(wanted.map((name) => [name, randomTensor(dimsOf(inputs, name), random)]));
  const { graph, targets, gradients } = await differentiated(comparison, random);
  expect(unranked(graph, comparison.model), 'tensors that were added, of unknown rank').toEqual([]);
  const step = single ? 1e-2 : 1e-5;
  const at = async (distance: number) => {
    const moved = Object.entries(inputs).map(([name, tensor]) => [
      name,
      shifted(tensor, directions.get(name), distance),
    ]);
    return (await results(graph, targets, Object.fromEntries(moved))).map(({ data }) => Number(data[0]));
  };
  const [ahead, behind] = [await at(step), await at(-step)];
  const differences = ahead.map((value, order) => (value - (behind[order] ?? 0)) / (2 * step));
  const scale = Math.max(1, ...differences.map(Math.abs));
  for (const [order, names] of gradients.entries()) {
    const found = await results(graph, names, inputs);
    expect(found.map(({ dims }) => dims)).toEqual(wanted.map((name) => dimsOf(inputs, name)));
    const slope = sum(found.map(({ data }, index) => dot(data, directions.get(wanted[index] ?? ''))));
    const error = Math.abs(slope - (differences[order] ?? Number.NaN)) / scale;
    expect(error, `of order ${order + 1}, ${slope}`).toBeLessThan(tolerance);
  }
}

/** The graph with a number for each order, and the gradients of each of these numbers. */
async function differentiated({ model, inputs, targets: of, wanted, order }: Comparison, random: () => number) {
  const specs = await inferredSpecs(model, settings);
  const graph = new GraphBuilder(model, new Map(specs.map((spec) => [spec.name, spec])));
  const first = combined(
    graph,
    of,
    (await results(graph, of, inputs)).map(({ dims }) => dims),
    random,
  );
  const slopes = appendGradient(graph, first, wanted);
  if (order === 1) return { graph, targets: [first], gradients: [slopes] };
  const second = combined(
    graph,
    slopes,
    wanted.map((name) => dimsOf(inputs, name)),
    random,
  );
  return { graph, targets: [first, second], gradients: [slopes, appendGradient(graph, second, wanted)] };
}

/** What was added to the model and cannot be differentiated again, since rules need the ranks of what they read. */
const unranked = (graph: GraphBuilder, { graph: own }: ModelProto): string[] =>
  graph.nodes
    .slice(own?.node.length)
    .flatMap(({ output }) => output)
    .filter((name) => graph.specOf(name) === undefined);

/** The sum over all elements, each times a random number. */
function combined(
  graph: GraphBuilder,
  names: readonly string[],
  dims: readonly (readonly number[])[],
  random: () => number,
): string {
  const parts = names.map((name, index) => {
    const value = new Value(graph, name);
    const weights = value.named(graph.constant(randomTensor(dims[index] ?? [], random)));
    return value.op('ReduceSum', [value.mul(weights.castLike(value))], { keepdims: 0 });
  });
  return parts.reduce((total, part) => total.add(part)).name;
}

async function results(graph: GraphBuilder, names: readonly string[], inputs: Comparison['inputs']) {
  // What a graph gives out has to be made by a node.
  const outputs = names.map((name) =>
    graph.producerOf(name) === undefined ? (graph.node('Identity', [name])[0] ?? '') : name,
  );
  const session = await openSession(givingOut(graph.model, [...new Set(outputs)]), settings);
  const { Tensor: RuntimeTensor } = await runtime();
  const feeds = Object.fromEntries(
    session.inputNames.flatMap((name) => {
      const tensor = inputs[name];
      return tensor === undefined ? [] : [[name, new RuntimeTensor(tensor.dtype, tensor.data, tensor.dims)]];
    }),
  );
  const found = await session.run(feeds);
  await session.release();
  return outputs.map((name) => ({ dims: [...(found[name]?.dims ?? [])], data: found[name]?.data as Float64Array }));
}

const dimsOf = (inputs: Comparison['inputs'], name: string): readonly number[] => inputs[name]?.dims ?? [];

function shifted(tensor: Tensor, direction: Tensor | undefined, distance: number): Tensor {
  if (direction === undefined) return tensor;
  const data = (tensor.data as Float64Array).map((value, index) => value + distance * Number(direction.data[index]));
  return { ...tensor, data };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const dot = (a: Float64Array, b: Tensor | undefined): number =>
  sum(Array.from(a, (value, index) => value * Number(b?.data[index])));
