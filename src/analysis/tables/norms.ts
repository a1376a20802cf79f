import { analysisLimits } from '../../limits.ts';
import type { DistributionResult } from '../units/distribution.ts';
import { normOf, type TableAnalysis, type TableSpec } from './table-analysis.ts';

interface NormsState {
  readonly sweep: 'range' | 'counts';
  readonly dimension: number;
  readonly entryCount: number;
  minimum: number;
  maximum: number;
  readonly counts: Float64Array;
}

const { distributionBins: bins } = analysisLimits;

/**
 * How the L2 norms of a table's entries are distributed, as one unit: the first sweep finds the range, the second counts. Bins are
 * [a, b), the last one closed.
 */
export const tableNorms: TableAnalysis<TableSpec, NormsState, DistributionResult> = {
  kind: 'table',
  name: 'tableNorms',
  version: 1,
  start: (_, { dimension, entryCount }) => ({
    sweep: 'range',
    dimension,
    entryCount,
    minimum: Number.POSITIVE_INFINITY,
    maximum: 0,
    counts: new Float64Array(bins),
  }),
  fold(state, entries, first) {
    const { dimension, minimum, maximum, counts } = state;
    const scale = maximum > minimum ? bins / (maximum - minimum) : 0;
    for (let entry = 0; entry * dimension < entries.length; entry++) {
      const norm = normOf(entries, entry * dimension, dimension, first + entry);
      if (state.sweep === 'range') {
        state.minimum = Math.min(state.minimum, norm);
        state.maximum = Math.max(state.maximum, norm);
      } else {
        const bin = Math.min(bins - 1, Math.floor((norm - minimum) * scale));
        counts[bin] = (counts[bin] as number) + 1;
      }
    }
    return state;
  },
  again: (state) => (state.sweep === 'range' ? { ...state, sweep: 'counts' } : undefined),
  finish: ({ entryCount, minimum, maximum, counts }) => ({
    observationCount: entryCount,
    bins,
    minimum: Float64Array.of(minimum),
    maximum: Float64Array.of(maximum),
    counts,
  }),
};
