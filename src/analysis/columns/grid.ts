import { mostFrequent, quantilesOf } from '../../data/columns/representative-values.ts';
import type { Json } from '../../data/duckdb/json.ts';
import type { RowSelection } from '../../data/types.ts';
import type { Reading } from '../analysis.ts';

export interface GridSpec {
  readonly column: string;
  /** At most so many values. */
  readonly count: number;
  /** Quantiles of a column of numbers, interpolated or of such values as occur; or its most frequent values. */
  readonly values: 'QUANTILES' | 'OCCURRING_QUANTILES' | 'MOST_FREQUENT';
}

/** Whether a model is run on all selected rows that it has; else the grid is of those that it is run on, and a question about both. */
export const areAllUsed = ({ invalid, sample }: RowSelection): boolean => invalid === 'FAIL' && sample === undefined;

/** Values of a column at which a response (partial dependence) is evaluated, ascending, without null and NaN. */
export const grid: Reading<GridSpec, readonly [], readonly Json[]> = {
  kind: 'reading',
  name: 'grid',
  version: 1,
  parts: () => [],
  read({ column, count, values }, _parts, { source }) {
    const { dataset, selection } = source;
    const used = areAllUsed(selection) ? undefined : source.used();
    const wanted = { selection, used, column, count, areOccurring: values === 'OCCURRING_QUANTILES' };
    return values === 'MOST_FREQUENT' ? mostFrequent(dataset, wanted) : quantilesOf(dataset, wanted);
  },
};
