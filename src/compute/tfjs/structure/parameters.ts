import type { GraphView } from '../graph-view.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';

/** Elements of the float weights that nodes read, directly or through nodes that compute from weights alone. Scalars are none. */
export function parameterCount(view: GraphView, nodes: readonly NodeDef[]): number {
  const read = new Set(nodes.flatMap(inputsOf).map(nodeOf));
  let count = 0;
  for (const name of read) {
    if (view.dependent.has(name)) continue;
    const weight = view.weights.get(name);
    if (weight === undefined) for (const input of inputsOf(view.byName.get(name) as NodeDef)) read.add(nodeOf(input));
    else if (weight.dtype === 'float32' && weight.shape.length > 0)
      count += weight.shape.reduce((product, dim) => product * dim, 1);
  }
  return count;
}
