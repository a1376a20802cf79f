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
  /** Rows where it is known. */
  readonly count: number;
}

/** What was made of a batch: every layer's probe wants the same, in every sweep that finds the batch still in memory. */
const made = new WeakMap<Batch, Map<string, TargetValues>>();

function once(batch: Batch, name: string, make: () => TargetValues): TargetValues {
  const known = made.get(batch) ?? new Map<string, TargetValues>();
  made.set(batch, known);
  const values = known.get(name) ?? make();
  known.set(name, values);
  return values;
}

/** Throws BAD_USER_INPUT for a value that is neither 0 nor 1. */
export function targetValues({ column }: ProbeTargetSpec, batch: Batch): TargetValues {
  const name = column === undefined ? 'label' : rowColumnName(column);
  return once(batch, name, () => {
    if (column === undefined) return { value: batch.label, known: batch.labelled, count: countOf(batch.labelled) };
    return ofColumn(column, batch);
  });
}

function ofColumn(column: RowColumn, { columns, index }: Batch): TargetValues {
  const numbers = columns[rowColumnName(column)] as Float64Array;
  const [value, known] = [new Float32Array(numbers.length), new Float32Array(numbers.length)];
  for (const [at, number] of numbers.entries()) {
    if (Number.isNaN(number)) continue;
    if (number !== 0 && number !== 1)
      throw badUserInput(
        'target',
        `\`target\`: row ${index[at]} has ${number} in the column “${column.column}”, which is neither 0 nor 1. Say what counts as 1 with \`equals\` or \`above\`.`,
      );
    value[at] = number;
    known[at] = 1;
  }
  return { value, known, count: countOf(known) };
}

const countOf = (known: Float32Array): number => known.reduce((sum, one) => sum + one, 0);

/**
 * Labels that know nothing of the row but how frequent a 1 is: each is drawn by its seed and row index alone, so that it is the same
 * in every sweep, whatever the batches. Hewitt & Liang 2019 draw the labels of a control task independently from the distribution
 * of the task's own, as this does; a permutation would need a table of all rows.
 */
export function controlValues(seed: number, rate: number, batch: Batch, target: ProbeTargetSpec): TargetValues {
  const { known, count } = targetValues(target, batch);
  return once(batch, JSON.stringify([seed, rate, target.column]), () => ({
    value: Float32Array.from(batch.index, (row, at) =>
      known[at] === 1 && new Draw(seed, row, 0).uniform(0) < rate ? 1 : 0,
    ),
    known,
    count,
  }));
}
