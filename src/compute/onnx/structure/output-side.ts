import type { GraphView } from '../view.ts';
import { bookkeeping } from './operators.ts';

/** Tensors that only bookkeeping and concatenation lie between and an output of the model. */
export function outputSide(view: GraphView): ReadonlySet<string> {
  const found = new Set(view.outputs.map(({ name }) => name));
  for (const node of view.nodes.toReversed()) {
    if (!bookkeeping.has(node.opType) && node.opType !== 'Concat') continue;
    if (!node.output.some((name) => found.has(name))) continue;
    for (const name of node.input) {
      const readers = view.consumers.get(name) ?? [];
      if (readers.every((reader) => reader === node)) found.add(name);
    }
  }
  return found;
}
