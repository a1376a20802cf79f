import type { SliceResult } from '../../analysis/quality/slicing.ts';
import {
  type PartitionScores,
  type PartitionShift,
  scoreShiftByPartition,
  scoresByPartition,
} from '../../analysis/shift/scores-by-partition.ts';
import { badUserInput } from '../../errors.ts';
import type { ModelRow } from '../../store/models.ts';
import { ask, datasetAsked, type RowsArgument, selectedRows } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { evaluatedOrNull, scoredRowsOrNull } from '../quality.ts';

/** A model on the rows of one partition. */
export interface HistoryPoint {
  readonly model: ModelRow;
  readonly partition: string;
  /** The rows of the history that are in it. */
  readonly rows: RowsArgument;
}

/** One for each selected partition, in order; asks nothing yet. Throws BAD_USER_INPUT for rows without partitions. */
export async function historyOf(asker: Asker, model: ModelRow, rows: RowsArgument): Promise<HistoryPoint[]> {
  const dataset = await datasetAsked(asker, rows);
  const { rows: selection } = await selectedRows(asker, rows);
  if (dataset.partitionBy === null)
    throw badUserInput(
      'rows',
      `\`rows\`: the dataset ${dataset.name} has no partitions, so there is no history. Register it with partitionBy.`,
    );
  const { partitionRange: _, ...others } = rows;
  const names = selection.partitions ?? dataset.partitions.map(({ name }) => name);
  return names.map((partition) => ({ model, partition, rows: { ...others, partitions: [partition] } }));
}

/** Of a plot by partition, in order; a figure that there is no label for is null. */
export interface HistorySeries {
  readonly scores: readonly PartitionScores[];
  readonly quality: readonly SliceResult[] | null;
  readonly shifts: readonly PartitionShift[] | null;
}

/** From one pass over the rows, and one over the reference's. */
export async function historySeriesOf(
  asker: Asker,
  model: ModelRow,
  rows: RowsArgument,
  reference: RowsArgument | null,
): Promise<HistorySeries> {
  await historyOf(asker, model, rows);
  const judged = await scoredRowsOrNull(asker, { model, rows });
  const [scores, quality, shifts] = await Promise.all([
    ask(asker, scoresByPartition, {}, { model, rows }),
    evaluatedOrNull(asker, judged),
    reference &&
      ask(
        asker,
        scoreShiftByPartition,
        { current: {}, reference: {} },
        { model, rows, others: { reference: { model, rows: reference } } },
      ),
  ]);
  return { scores: scores.value, quality: quality?.answer.value.byPartition ?? null, shifts: shifts?.value ?? null };
}
