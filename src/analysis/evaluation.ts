import type { Scores } from '../data/score-file.ts';
import type { Reading } from './analysis.ts';
import { type LabelledSpec, labelledOf, ofScores } from './labelled.ts';
import { buckets, groupedAuc, type Quality, qualityOf } from './quality.ts';
import { codesOf, type SliceResult, slicesBy } from './slicing.ts';

/** Quality on labelled rows, pooled and by partition. NaN: the figure does not exist. */
export interface EvaluationResult extends Quality {
  readonly unlabelledCount: number;
  /** By the dataset's group column. */
  readonly gauc: number;
  /** In the order of the partitions' values; partitions without a labelled row are left out. */
  readonly byPartition: readonly SliceResult[];
}

export const evaluation: Reading<LabelledSpec, [Scores], EvaluationResult> = {
  name: 'evaluation',
  version: 1,
  ...ofScores,
  async read(spec, [part], rows) {
    const { row, keys, unlabelledCount } = await labelledOf(part, spec, rows);
    const [group, partition] = await Promise.all([
      codesOf(rows, rows.groupBy, row),
      codesOf(rows, rows.partitionBy, row),
    ]);
    return {
      ...qualityOf(keys.slice().sort()),
      unlabelledCount,
      gauc: group === null ? Number.NaN : groupedAuc(buckets(keys, group.codes, group.values.length)),
      byPartition: partition === null ? [] : inOrder(slicesBy(keys, partition, group), rows.partitions),
    };
  },
};

function inOrder(slices: SliceResult[], order: readonly string[]): SliceResult[] {
  const position = new Map(order.map((name, at) => [name, at]));
  return slices.sort((a, b) => (position.get(a.slice) ?? 0) - (position.get(b.slice) ?? 0));
}
