import { readInt, readInts } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { TensorProto_DataType as Type } from '../proto/onnx_pb.js';

/** Whole numbers in row-major order, null where one is known at run time only, and whether they are one number or a list. */
interface Integers {
  readonly values: readonly (number | null)[];
  readonly rank: number;
}
type Known = Integers | undefined;
type Fold = (inputs: readonly Integers[], node: NodeProto) => Known;

/**
 * The value of a tensor of whole numbers or conditions that follows from constants and sizes known beforehand, as exporters
 * compute them in front of Reshape, Slice and If; undefined when it depends on the rows.
 */
export function integersOf(graph: GraphBuilder, name: string): readonly number[] | undefined {
  const values = folded(graph, name)?.values;
  return values?.every((value) => value !== null) ? values : undefined;
}

function folded(graph: GraphBuilder, name: string): Known {
  const constant = graph.valueOf(name);
  if (constant !== undefined)
    return { values: Array.from(constant.data as ArrayLike<number | bigint>, Number), rank: constant.dims.length };
  const node = graph.producerOf(name);
  if (node === undefined || node.domain !== '') return undefined;
  if (node.opType === 'Shape') return sizes(graph, node);
  const fold = folds[node.opType];
  if (fold === undefined) return undefined;
  const inputs = node.input.map((input) => folded(graph, input));
  return inputs.every((input) => input !== undefined && input.rank < 2) ? fold(inputs as Integers[], node) : undefined;
}

function sizes(graph: GraphBuilder, node: NodeProto): Known {
  const shape = graph.specOf(node.input[0] ?? '')?.shape;
  return shape && { values: shape.slice(readInt(node, 'start') ?? 0, readInt(node, 'end')), rank: 1 };
}

/** Element by element, a single one standing for as many as there are; unknown where one of the operands is. */
const each =
  (compute: (...values: number[]) => number): Fold =>
  (inputs) => {
    const count = inputs.some(({ values }) => values.length === 0)
      ? 0
      : Math.max(...inputs.map(({ values }) => values.length));
    const values = Array.from({ length: count }, (_, index) => {
      const operands = inputs.map(({ values }) => values[values.length === 1 ? 0 : index] ?? null);
      return operands.includes(null) ? null : compute(...(operands as number[]));
    });
    return { values, rank: Math.max(...inputs.map(({ rank }) => rank)) };
  };

const folds: Readonly<Record<string, Fold>> = {
  Identity: ([a]) => a,
  Cast: (inputs, node) => each(castTo(readInt(node, 'to')))(inputs, node),
  Add: each((a, b) => a + b),
  Sub: each((a, b) => a - b),
  Mul: each((a, b) => a * b),
  Neg: each((a) => -a),
  Equal: each((a, b) => Number(a === b)),
  Less: each((a, b) => Number(a < b)),
  Greater: each((a, b) => Number(a > b)),
  Not: each((a) => 1 - a),
  And: each((a, b) => a & b),
  Or: each((a, b) => a | b),
  Where: each((condition, a, b) => (condition ? a : b)),
  Unsqueeze: ([a]) => a && (a.rank === 0 ? { ...a, rank: 1 } : undefined),
  Squeeze: ([a]) => a && (a.values.length === 1 ? { ...a, rank: 0 } : undefined),
  Concat: (parts) => ({ values: parts.flatMap(({ values }) => values), rank: 1 }),
  Gather: ([a, indices]) =>
    a && indices && { values: indices.values.map((at) => pick(a.values, at)), rank: indices.rank },
  Slice: ([a, starts, ends, , steps], node) => {
    const [start] = readInts(node, 'starts') ?? starts?.values ?? [];
    const [end] = readInts(node, 'ends') ?? ends?.values ?? [];
    if (a === undefined || typeof start !== 'number' || typeof end !== 'number') return undefined;
    return steps !== undefined && steps.values[0] !== 1 ? undefined : { values: a.values.slice(start, end), rank: 1 };
  },
};

const pick = (values: readonly (number | null)[], at: number | null): number | null =>
  at === null ? null : (values.at(at) ?? null);

function castTo(type: number | undefined): (value: number) => number {
  if (type === Type.BOOL) return (value) => Number(value !== 0);
  return type === Type.FLOAT || type === Type.DOUBLE ? (value) => value : Math.trunc;
}
