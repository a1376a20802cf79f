import type { NodeProto } from '../proto/onnx_pb.js';
import { captures, type GraphView } from '../view.ts';

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
