import type { TensorSpec } from '../../tensor.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { GraphView } from '../view.ts';
import { readsOf } from './reach.ts';

type Specs = ReadonlyMap<string, TensorSpec>;

const floats = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/** Weights that the nodes read, directly or through nodes that compute from weights alone. Scalars are constants, no weights. */
export function weightsOf(nodes: readonly NodeProto[], view: GraphView, dependent: ReadonlySet<string>): Set<string> {
  const weights = new Set<string>();
  const visit = (name: string): void => {
    if (dependent.has(name) || weights.has(name)) return;
    if (view.initializers.has(name)) {
      weights.add(name);
      return;
    }
    const producer = view.producers.get(name);
    if (producer !== undefined) for (const input of readsOf(producer)) visit(input);
  };
  for (const node of nodes) for (const name of readsOf(node)) visit(name);
  return weights;
}

/** Number of elements of the float weights among these. */
export function parameterCount(weights: Iterable<string>, view: GraphView, specs: Specs): number {
  let count = 0;
  for (const name of weights) {
    const dims = view.initializers.get(name)?.dims ?? [];
    if (dims.length > 0 && floats.has(specs.get(name)?.dtype ?? 'float32'))
      count += dims.reduce((product, dim) => product * Number(dim), 1);
  }
  return count;
}
