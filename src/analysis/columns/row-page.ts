import { countRows, selectedIndexes } from '../../data/rows.ts';
import type { Reading } from '../analysis.ts';

export interface RowPageSpec {
  /** Index of the row behind which it begins; −1 for the first page. */
  readonly after: number;
  readonly count: number;
}

export interface RowPage {
  /** Of its rows, ascending. */
  readonly indexes: readonly number[];
  /** Of all rows that are selected. */
  readonly totalCount: number;
}

/** Which rows are selected, valid or not, a page at a time. */
export const rowPage: Reading<RowPageSpec, readonly [], RowPage> = {
  kind: 'reading',
  name: 'rowPage',
  version: 1,
  parts: () => [],
  read: async (page, _parts, { source: { dataset, selection } }) => ({
    indexes: await selectedIndexes(dataset, selection, page),
    totalCount: await countRows(dataset, selection),
  }),
};
