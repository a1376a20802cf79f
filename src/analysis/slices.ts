import type { Scores } from '../data/score-file.ts';
import type { Reading } from './analysis.ts';
import { type LabelledSpec, labelledOf, ofScores } from './labelled.ts';
import { buckets, groupedAuc } from './quality.ts';
import { codesOf, type SliceResult, sliceCodes, slicesBy } from './slicing.ts';

interface BySpec extends LabelledSpec {
  readonly by: string;
}

/** More slices than these nobody reads; those with most rows are kept. */
const mostSlices = 1000;

/** One evaluation for each value of a column, most rows first, ties by value. */
export const slices: Reading<BySpec, [Scores], readonly SliceResult[]> = {
  name: 'slices',
  version: 1,
  ...ofScores,
  async read(spec, [part], rows) {
    const { row, keys } = await labelledOf(part, spec, rows);
    const by = await sliceCodes(rows, spec.by, row);
    const group = await codesOf(rows, rows.groupBy, row);
    return slicesBy(keys, by, group)
      .sort((a, b) => b.rowCount - a.rowCount || (a.slice < b.slice ? -1 : 1))
      .slice(0, mostSlices);
  },
};

/** Mean AUC over the groups of any column that have both labels, weighted by their rows; NaN without such a group. */
export const gauc: Reading<BySpec, [Scores], number> = {
  name: 'gauc',
  version: 1,
  ...ofScores,
  async read(spec, [part], rows) {
    const { row, keys } = await labelledOf(part, spec, rows);
    const { codes, values } = await rows.codes(spec.by, row);
    return groupedAuc(buckets(keys, codes, values.length));
  },
};
