import type { ColumnStretch, WantedColumns } from '../../data/columns/values.ts';
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

/** Groupings by the columns that are read for them: codes of values, and numbers of those that are binned. */
export class Groupings {
  readonly wanted: WantedColumns;
  readonly #all: readonly Grouping[];
  readonly #byValue: readonly Grouping[];
  readonly #byBin: readonly Grouping[];

  constructor(all: readonly Grouping[]) {
    this.#all = all;
    this.#byValue = all.filter(({ bins }) => bins === undefined);
    this.#byBin = all.filter(({ bins }) => bins !== undefined);
    this.wanted = {
      codes: this.#byValue.map(({ column }) => column),
      numbers: this.#byBin.map(({ column }) => column),
    };
  }

  /** The code of each row in each grouping; −1 where it has none. */
  codesOf({ codes, numbers }: ColumnStretch): Int32Array[] {
    return this.#all.map((one) =>
      one.bins === undefined
        ? (codes[this.#byValue.indexOf(one)] as Int32Array)
        : Int32Array.from(numbers[this.#byBin.indexOf(one)] as Float64Array, one.bins.codeOf),
    );
  }

  /** What the codes of each grouping stand for; `read`: of the columns of codes. */
  valuesOf(read: readonly (readonly string[])[]): (readonly string[])[] {
    return this.#all.map((one) => one.bins?.values ?? (read[this.#byValue.indexOf(one)] as readonly string[]));
  }
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
  const grouped = new Groupings(groupings);
  const { values, stretches } = await labelledStretches(part, spec, rows, grouped.wanted);
  const keyed = await keyedRows({
    rowCount: part.rowCount,
    columnCount: groupings.length,
    precision: part.precision,
  });
  let unlabelledCount = 0;
  try {
    for await (const stretch of stretches) {
      unlabelledCount += stretch.unlabelledCount;
      keyed.add(stretch.rows, grouped.codesOf(stretch));
    }
    if (keyed.rowCount === 0) throw nothingLabelled(spec);
  } catch (error) {
    keyed.close();
    throw error;
  }
  return {
    rows: keyed,
    scale: part.scale,
    values: grouped.valuesOf(values),
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
