import { type ColumnStatistics, columnStatistics as statisticsOf } from '../../data/columns/statistics.ts';
import type { Reading } from '../analysis.ts';

/** Counts and extremes of every column of a dataset, over all of its rows, in the order of its columns. */
export const columnStatistics: Reading<object, readonly [], readonly ColumnStatistics[]> = {
  kind: 'reading',
  name: 'columnStatistics',
  version: 1,
  parts: () => [],
  read: (_spec, _parts, { source }) => statisticsOf(source.dataset),
};
