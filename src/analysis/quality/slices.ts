import type { ScoreSource } from '../../data/scores/file.ts';
import { using } from '../../using.ts';
import type { Reading } from '../analysis.ts';
import { type LabelledSpec, ofScores } from './labelled.ts';
import { type Grouping, labelledRows } from './labelled-rows.ts';
import { GroupedAuc } from './quality.ts';
import { evaluateBy, type SliceResult, slicesOf } from './slicing.ts';

interface BySpec extends LabelledSpec {
  readonly by: string;
}

/** More slices than these nobody reads; those with most rows are kept. */
const mostSlices = 1000;

/** One evaluation for each value of a column, most rows first, ties by value. */
export const slices: Reading<BySpec, [ScoreSource], readonly SliceResult[]> = {
  kind: 'reading',
  name: 'slices',
  version: 2,
  ...ofScores,
  async read(spec, [part], rows) {
    const [by] = (await slicesOf([spec.by], part, spec, rows)) as [Grouping];
    const group = rows.groupBy === null ? [] : [{ column: rows.groupBy }];
    const all = await using(await labelledRows(part, spec, rows, [by, ...group]), (labelled) =>
      evaluateBy(labelled, 0, group.length === 0 ? null : 1),
    );
    return all.sort((a, b) => b.rowCount - a.rowCount || (a.slice < b.slice ? -1 : 1)).slice(0, mostSlices);
  },
};

/** Mean AUC over the groups of any column that have both labels, weighted by their rows; NaN without such a group. */
export const gauc: Reading<BySpec, [ScoreSource], number> = {
  kind: 'reading',
  name: 'gauc',
  version: 2,
  ...ofScores,
  async read(spec, [part], rows) {
    const grouped = new GroupedAuc();
    await using(await labelledRows(part, spec, rows, [{ column: spec.by }]), (labelled) =>
      labelled.rows.walk([0], grouped),
    );
    return grouped.gauc;
  },
};
