import { type NodeProto, TensorProto_DataType as Type } from '../proto/onnx_pb.js';
import { readsOf } from '../reach.ts';
import type { GraphView } from '../view.ts';
import { isQuantized, stepsOf } from './quantization.ts';

/**
 * Weights that the nodes read, directly or through nodes that compute from weights alone. Scalars are constants, no weights; scales and
 * zero points of quantised weights are none either.
 */
export function weightsOf(nodes: readonly NodeProto[], view: GraphView, dependent: ReadonlySet<string>): Set<string> {
  const weights = new Set<string>();
  const visitInputs = (node: NodeProto): void => {
    const steps = stepsOf(node, view);
    for (const name of readsOf(node)) if (!steps.includes(name)) visit(name);
  };
  const visit = (name: string): void => {
    if (dependent.has(name) || weights.has(name)) return;
    if (view.initializers.has(name)) {
      weights.add(name);
      return;
    }
    const producer = view.producers.get(name);
    if (producer !== undefined) visitInputs(producer);
  };
  for (const node of nodes) visitInputs(node);
  return weights;
}

/** Whole numbers so wide are shapes, axes and indices, unless something dequantises them. */
const wide: ReadonlySet<Type> = new Set([Type.INT32, Type.UINT32, Type.INT64, Type.UINT64]);
const noNumbers: ReadonlySet<Type> = new Set([Type.BOOL, Type.STRING]);

/**
 * Number of elements of the weights among these, whatever their type. Scalars, booleans, texts, and whole numbers of 32 and 64 bits that
 * nothing dequantises are constants of the graph (shapes, axes, indices), no weights.
 */
export function parameterCount(weights: Iterable<string>, view: GraphView): number {
  let count = 0;
  for (const name of weights) {
    const tensor = view.initializers.get(name);
    if (tensor === undefined || tensor.dims.length === 0 || noNumbers.has(tensor.dataType)) continue;
    if (wide.has(tensor.dataType) && !isQuantized(name, view)) continue;
    count += tensor.dims.reduce((product, dim) => product * Number(dim), 1);
  }
  return count;
}
