import { meanOf } from '../../data/columns/representative-values.ts';
import type { Reading } from '../analysis.ts';
import { areAllUsed } from './grid.ts';

export interface ColumnMeanSpec {
  readonly column: string;
}

/** Raw mean of a column of numbers over the rows that a model is run on, null and NaN left out; NaN without any value. */
export const columnMean: Reading<ColumnMeanSpec, readonly [], number> = {
  kind: 'reading',
  name: 'columnMean',
  version: 1,
  parts: () => [],
  read({ column }, _parts, { source: { dataset, selection, ...source } }) {
    const used = areAllUsed(selection) ? undefined : source.used();
    return meanOf(dataset, { selection, used, column });
  },
};
