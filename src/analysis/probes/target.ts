import { type Batch, type RowColumn, rowColumnName } from '../../data/types.ts';
import { badUserInput } from '../../errors.ts';
import { Draw } from '../attributions/random.ts';

/** What a probe predicts: the dataset's label when there is no column. */
export interface ProbeTargetSpec {
  readonly column?: RowColumn;
}

/** 0 or 1 for each row of a batch, and whether it is known; an unknown one is 0. */
export interface TargetValues {
  readonly value: Float32Array;
  readonly known: Float32Array;
}

/** Throws BAD_USER_INPUT for a value that is neither 0 nor 1. */
export function targetValues({ column }: ProbeTargetSpec, batch: Batch): TargetValues {
  if (column === undefined) return { value: batch.label, known: batch.labelled };
  const numbers = batch.columns[rowColumnName(column)] as Float64Array;
  const bad = numbers.findIndex((number) => !(number === 0 || number === 1 || Number.isNaN(number)));
  if (bad >= 0)
    throw badUserInput(
      'target',
      `\`target\`: row ${batch.index[bad]} has ${numbers[bad]} in the column “${column.column}”, which is neither 0 nor 1. Say what counts as 1 with \`equals\` or \`above\`.`,
    );
  return {
    value: Float32Array.from(numbers, (number) => (number === 1 ? 1 : 0)),
    known: Float32Array.from(numbers, (number) => (Number.isNaN(number) ? 0 : 1)),
  };
}

/**
 * Labels that know nothing of the row but how frequent a 1 is: each is drawn by its seed and row index alone, so that it is the same
 * in every sweep, whatever the batches. Hewitt & Liang 2019 draw the labels of a control task independently from the distribution
 * of the task's own, as this does; a permutation would need a table of all rows.
 */
export function controlValues(seed: number, rate: number, { index }: Batch, { known }: TargetValues): TargetValues {
  return {
    value: Float32Array.from(index, (row, at) => (known[at] === 1 && new Draw(seed, row, 0).uniform(0) < rate ? 1 : 0)),
    known,
  };
}
