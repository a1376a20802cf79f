import type { ScoreSource } from '../../data/scores/file.ts';
import { using } from '../../using.ts';
import type { Reading } from '../analysis.ts';
import { type LabelledSpec, ofScores } from './labelled.ts';
import { labelledRows } from './labelled-rows.ts';
import { GroupedAuc, type Quality, QualityMeasure } from './quality.ts';
import { evaluateBy, type SliceResult } from './slicing.ts';

/** Quality on labelled rows, pooled and by partition. NaN: the figure does not exist. */
export interface EvaluationResult extends Quality {
  readonly unlabelledCount: number;
  /** By the dataset's group column. */
  readonly gauc: number;
  /** In the order of the partitions' values; partitions without a labelled row are left out. */
  readonly byPartition: readonly SliceResult[];
}

export const evaluation: Reading<LabelledSpec, [ScoreSource], EvaluationResult> = {
  kind: 'reading',
  name: 'evaluation',
  version: 2,
  ...ofScores,
  async read(spec, [part], rows) {
    const { groupBy, partitionBy } = rows;
    const columns = [groupBy, partitionBy].filter((column) => column !== null);
    const groupings = columns.map((column) => ({ column }));
    return using(await labelledRows(part, spec, rows, groupings), async (labelled) => {
      const group = groupBy === null ? null : columns.indexOf(groupBy);
      const whole = new QualityMeasure(labelled.scale);
      await labelled.rows.walk([], whole);
      const grouped = new GroupedAuc();
      if (group !== null) await labelled.rows.walk([group], grouped);
      const slices = partitionBy === null ? [] : await evaluateBy(labelled, columns.indexOf(partitionBy), group);
      return {
        ...whole.quality,
        unlabelledCount: labelled.unlabelledCount,
        gauc: grouped.gauc,
        byPartition: inOrder(slices, rows.partitions),
      };
    });
  },
};

/** Slices by partition, in the order of the partitions. */
export function inOrder<Slice extends { readonly slice: string }>(slices: Slice[], order: readonly string[]): Slice[] {
  const position = new Map(order.map((name, at) => [name, at]));
  return slices.sort((a, b) => (position.get(a.slice) ?? 0) - (position.get(b.slice) ?? 0));
}
