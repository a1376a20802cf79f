import type { LookupGraph, Stray } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import type { GraphView } from '../view.ts';
import type { Origin, Origins } from './origins.ts';
import { readsOf, sizes } from './reach.ts';

/**
 * Of elements of inputs that have no gradient, and that no table is read with: the nodes at which they cannot be followed any further. What such a node
 * computes depends on the feature, and nothing carries it.
 */
export function findStrays(
  view: GraphView,
  specs: ReadonlyMap<string, TensorSpec>,
  origins: Origins,
  lookups: readonly LookupGraph[],
): Stray[] {
  const placeOf = (input: string, column: number): string => `${column} ${input}`;
  const lookedUp = new Set(lookups.flatMap(({ input, columns }) => columns.map((column) => placeOf(input, column))));
  const isCarried = ({ input, column }: Origin): boolean =>
    (specs.get(input)?.dtype.includes('float') ?? false) || lookedUp.has(placeOf(input, column));
  return view.nodes.flatMap((node) => {
    if (sizes.has(node.opType) || node.output.some((name) => origins.of(name) !== undefined)) return [];
    const columns = new Map<string, Set<number>>();
    for (const name of readsOf(node))
      for (const origin of origins.of(name)?.origins ?? [])
        if (origin !== undefined && !isCarried(origin))
          columns.set(origin.input, (columns.get(origin.input) ?? new Set()).add(origin.column));
    return [...columns].map(([input, own]) => ({
      operator: node.opType,
      node: node.name || (node.output[0] as string),
      reason: `it takes values of the input “${input}” that have no gradient and are looked up in no table`,
      input,
      columns: [...own].sort((a, b) => a - b),
    }));
  });
}
