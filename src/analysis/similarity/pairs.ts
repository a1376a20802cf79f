import { nameOf, type SidedLayer, type Sides, type View } from './sides.ts';

/** Two layers whose units' products are summed, each product of a layer with itself among them. */
export interface Pair {
  readonly a: SidedLayer;
  readonly b: SidedLayer;
  readonly view: View;
}

export const pairName = ({ a, b, view }: Pair): string => `${view}:${nameOf(a)}:${nameOf(b)}`;
export const seenName = (sided: SidedLayer, view: View): string => `${view}:${nameOf(sided)}`;

/**
 * Over observations where both have equally many positions, else over the mean of each row's positions. A layer of unknown rows,
 * with 0 positions, is compared with nothing.
 */
export function viewOf(a: SidedLayer, b: SidedLayer): View {
  return a.positions === b.positions && a.positions !== 1 ? 'observations' : 'rows';
}

/** Everything that has to be summed, each once: pairs in either order are one. */
export function pairsOf({ base, candidate }: Sides): Pair[] {
  const pairs = new Map<string, Pair>();
  const add = (pair: Pair): void => {
    const name = pairName(pair);
    if (!pairs.has(name) && !pairs.has(pairName({ ...pair, a: pair.b, b: pair.a }))) pairs.set(name, pair);
  };
  for (const a of base)
    for (const b of candidate) {
      if (a.positions === 0 || b.positions === 0) continue;
      const view = viewOf(a, b);
      add({ a, b: a, view });
      add({ a: b, b, view });
      add({ a, b, view });
    }
  return [...pairs.values()];
}
