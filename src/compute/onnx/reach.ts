import type { NodeProto } from './proto/onnx_pb.js';
import { captures, type GraphView } from './view.ts';

/** Operators that read no value of their input, only how large it is. */
export const sizes = new Set(['Shape', 'Size']);

/** The tensors that a node reads, those inside of its bodies included. */
export const readsOf = (node: NodeProto): string[] => [...node.input, ...captures(node)].filter((name) => name !== '');

/** Tensors whose values depend on the rows: computed from the model's inputs, and not only from their shapes. */
export function rowDependent(view: GraphView): ReadonlySet<string> {
  const dependent = new Set(view.inputs.map(({ name }) => name));
  for (const node of view.nodes) {
    if (sizes.has(node.opType) || !readsOf(node).some((name) => dependent.has(name))) continue;
    for (const output of node.output) dependent.add(output);
  }
  return dependent;
}

/** Tensors that one is computed from, itself included. */
export function ancestorsOf(view: GraphView, tensor: string): ReadonlySet<string> {
  const found = new Set([tensor]);
  // A set is walked to its end while it grows.
  for (const name of found) {
    const node = view.producers.get(name);
    if (node !== undefined && !sizes.has(node.opType)) for (const read of readsOf(node)) found.add(read);
  }
  return found;
}
