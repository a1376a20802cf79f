import type { TensorSpec } from '../../tensor.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { GraphView } from '../view.ts';
import { bookkeeping } from './operators.ts';

/** Tensors that only bookkeeping, concatenation and the choice of columns lie between and an output of the model. */
export function outputSide(view: GraphView, specs: ReadonlyMap<string, TensorSpec>): ReadonlySet<string> {
  const found = new Set(view.outputs.map(({ name }) => name));
  const choosesColumns = ({ opType, input }: NodeProto): boolean =>
    (opType === 'Gather' || opType === 'Slice') && specs.get(input[0] ?? '')?.shape.length === 2;
  for (const node of view.nodes.toReversed()) {
    const isChoice = choosesColumns(node);
    if (!bookkeeping.has(node.opType) && node.opType !== 'Concat' && !isChoice) continue;
    if (!node.output.some((name) => found.has(name))) continue;
    for (const name of isChoice ? node.input.slice(0, 1) : node.input) {
      const readers = view.consumers.get(name) ?? [];
      if (readers.every((reader) => reader === node)) found.add(name);
    }
  }
  return found;
}
