import type { LookupGraph } from '../../graph.ts';
import { lookupsOf } from '../../structure/lookups.ts';
import type { GraphView, Specs } from '../graph-view.ts';
import { inputsOf, nodeOf } from '../model-json.ts';
import type { Opened } from '../opened.ts';
import { originsByInput } from './origins.ts';
import { tableRead } from './table-read.ts';

/** Every lookup of ids of an input in a table. */
export function findLookups(model: Opened, specs: Specs): LookupGraph[] {
  const { view } = model;
  return view.nodes.flatMap((node) => {
    const found = tableRead(view, node);
    const shape = found && view.weights.get(weightBehind(view, found.table))?.shape;
    const byInput = found && shape && originsByInput(model, specs, found.ids);
    if (found === undefined || shape === undefined || byInput === undefined) return [];
    const [entryCount = 0, ...entry] = shape;
    const dimension = entry.reduce((size, dim) => size * dim, 1);
    const table = weightBehind(view, found.table);
    return lookupsOf(
      { table, entryCount, dimension, ids: found.ids, carrier: node.name },
      [...byInput.values()].flat(),
    );
  });
}

/** Tables are often read through an Identity. */
function weightBehind(view: GraphView, name: string): string {
  const node = view.byName.get(nodeOf(name));
  const [before] = node === undefined ? [] : inputsOf(node);
  return node?.op === 'Identity' && before !== undefined ? weightBehind(view, before) : name;
}
