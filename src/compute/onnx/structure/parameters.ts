import type { NodeProto } from '../proto/onnx_pb.js';
import { dtypeOf } from '../tensors.ts';
import type { GraphView } from '../view.ts';
import { readsOf } from './reach.ts';

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
export function parameterCount(weights: Iterable<string>, { initializers }: GraphView): number {
  let count = 0;
  for (const name of weights) {
    const { dims, dataType } = initializers.get(name) ?? { dims: [], dataType: 0 };
    if (dims.length > 0 && dtypeOf(dataType)?.includes('float'))
      count += dims.reduce((product, dim) => product * Number(dim), 1);
  }
  return count;
}
