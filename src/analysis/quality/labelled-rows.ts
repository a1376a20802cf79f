import type { ScoreSource } from '../../data/scores/file.ts';
import type { KeyedRows } from '../../data/scores/keys/keyed-rows.ts';
import { keyedRows } from '../../data/scores/keys/open.ts';
import type { ScoreScale } from '../../data/scores/scale.ts';
import { badUserInput } from '../../errors.ts';
import type { ReadableRows } from '../analysis.ts';
import { type LabelledSpec, labelledStretches } from './labelled.ts';

/** A column whose values group rows: by themselves, or by bins of numbers. */
export interface Grouping {
  readonly column: string;
  /** The bin of a number; values group by themselves when undefined. */
  readonly bins?: Bins;
}

export interface Bins {
  /** −1 for NaN. */
  codeOf(value: number): number;
  readonly values: readonly string[];
}

export interface Labelled extends Disposable {
  readonly rows: KeyedRows;
  /** What their outputs stand for. */
  readonly scale: ScoreScale;
  /** For each grouping, what its codes stand for. */
  readonly values: readonly (readonly string[])[];
  readonly unlabelledCount: number;
}

/** All labelled rows, ready to be sorted and grouped. Throws BAD_USER_INPUT when there are none. */
export async function labelledRows(
  part: ScoreSource,
  spec: LabelledSpec,
  rows: ReadableRows,
  groupings: readonly Grouping[] = [],
): Promise<Labelled> {
  const byValue = groupings.filter(({ bins }) => bins === undefined);
  const byBin = groupings.filter(({ bins }) => bins !== undefined);
  const wanted = { codes: byValue.map(({ column }) => column), numbers: byBin.map(({ column }) => column) };
  const { values, stretches } = await labelledStretches(part, spec, rows, wanted);
  const keyed = await keyedRows({
    rowCount: part.rowCount,
    columnCount: groupings.length,
    precision: part.precision,
  });
  let unlabelledCount = 0;
  try {
    for await (const stretch of stretches) {
      unlabelledCount += stretch.unlabelledCount;
      keyed.add(
        stretch.rows,
        groupings.map((one) =>
          one.bins === undefined
            ? (stretch.codes[byValue.indexOf(one)] as Int32Array)
            : Int32Array.from(stretch.numbers[byBin.indexOf(one)] as Float64Array, one.bins.codeOf),
        ),
      );
    }
    if (keyed.rowCount === 0) throw nothingLabelled(spec);
  } catch (error) {
    keyed.close();
    throw error;
  }
  return {
    rows: keyed,
    scale: part.scale,
    values: groupings.map((one) => one.bins?.values ?? (values[byValue.indexOf(one)] as readonly string[])),
    unlabelledCount,
    [Symbol.dispose]: () => keyed.close(),
  };
}

const nothingLabelled = ({ label }: LabelledSpec) =>
  badUserInput(
    label === undefined ? 'rows' : 'label',
    'None of the selected rows has a label: there is nothing to evaluate against. Select others, or name the column with `label`.',
    { labelledRowCount: 0 },
  );
