import type { GraphView } from '../graph-view.ts';
import { inputsOf, nodeOf, type WeightSpec } from '../model-json.ts';

/** The weights that a tensor which does not depend on the rows is computed from. */
export function weightsBehind(view: GraphView, tensor: string): WeightSpec[] {
  const names = new Set([nodeOf(tensor)]);
  // A set is walked to its end while it grows.
  for (const name of names)
    for (const input of inputsOf(view.byName.get(name) ?? { name, op: 'Const' })) names.add(nodeOf(input));
  return [...names].flatMap((name) => view.weights.get(name) ?? []);
}
