import { analysisLimits } from '../../limits.ts';
import { normOf, type TableAnalysis, type TableSpec } from './table-analysis.ts';

export interface NearestSpec extends TableSpec {
  /** Number of the entry that others are compared with. */
  readonly id: number;
}

/** By cosine, largest first, ties by id; without the entry itself and without zero entries. null for a zero entry. */
export interface NearestResult {
  readonly id: Float64Array;
  readonly cosine: Float64Array;
}

interface NearestState {
  readonly id: number;
  /** The entry, of length 1; null for a zero entry. */
  readonly direction: Float64Array | null;
  readonly dimension: number;
  found: Found[];
  /** Of the entries that are kept, when there are enough. */
  weakest: number;
}

interface Found {
  readonly id: number;
  readonly cosine: number;
}

const { nearestCount } = analysisLimits;

/** The entries whose direction is closest to that of one of them, in float64. */
export const nearest: TableAnalysis<NearestSpec, NearestState, NearestResult | null> = {
  kind: 'table',
  name: 'nearest',
  version: 1,
  async start({ id }, table) {
    const { dimension } = table;
    let direction: Float64Array | null = null;
    for await (const entry of table.blocks(id, id + 1)) {
      const norm = normOf(entry, 0, dimension, id);
      if (norm > 0) direction = Float64Array.from(entry, (value) => value / norm);
    }
    return { id, direction, dimension, found: [], weakest: Number.NEGATIVE_INFINITY };
  },
  fold(state, entries, first) {
    const { id, direction, dimension } = state;
    if (direction === null) return state;
    for (let from = 0, entry = first; from < entries.length; from += dimension, entry++) {
      let product = 0;
      for (let at = 0; at < dimension; at++) product += (direction[at] as number) * (entries[from + at] as number);
      const norm = normOf(entries, from, dimension, entry);
      if (norm === 0 || entry === id) continue;
      const cosine = Math.min(1, Math.max(-1, product / norm));
      // Ids ascend: one that is only as close as the last does not replace it.
      if (cosine > state.weakest) state.found.push({ id: entry, cosine });
      if (state.found.length >= 2 * nearestCount) keepClosest(state);
    }
    return state;
  },
  finish(state) {
    if (state.direction === null) return null;
    keepClosest(state);
    return {
      id: Float64Array.from(state.found, ({ id }) => id),
      cosine: Float64Array.from(state.found, ({ cosine }) => cosine),
    };
  },
};

function keepClosest(state: NearestState): void {
  state.found = state.found.sort((a, b) => b.cosine - a.cosine || a.id - b.id).slice(0, nearestCount);
  if (state.found.length === nearestCount) state.weakest = (state.found.at(-1) as Found).cosine;
}
