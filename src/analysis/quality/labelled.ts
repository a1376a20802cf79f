import type { ColumnStretch, WantedColumns } from '../../data/columns/values.ts';
import type { ScoreSource, Scores, Stretches } from '../../data/scores/file.ts';
import type { LabelledOutputs } from '../../data/scores/keys/keyed-rows.ts';
import { badUserInput } from '../../errors.ts';
import type { ReadableRows } from '../analysis.ts';
import { type PartQuestions, part } from '../question.ts';
import { partOf, type ScoresSpec, scores } from './scores.ts';

/** What is evaluated: a score, against the dataset's label or another column of 0 and 1. */
export interface LabelledSpec extends ScoresSpec {
  readonly label?: string;
}

/** What every reading of labelled scores has in common. */
export const ofScores = {
  parts: (spec: ScoresSpec): PartQuestions<[ScoreSource]> => [part(scores, partOf(spec))],
};

/** Scored rows that have a label, in row order. */
export interface LabelledStretch extends ColumnStretch {
  readonly rows: LabelledOutputs;
  /** Rows of the stretch that have none. */
  readonly unlabelledCount: number;
}

const noColumns: WantedColumns = { codes: [], numbers: [] };

export interface LabelledStretches {
  readonly values: readonly (readonly string[])[];
  readonly stretches: AsyncIterable<LabelledStretch>;
}

/** Scored rows with their labels and the values of columns. Throws BAD_USER_INPUT when a label is not 0 or 1. */
export async function labelledStretches(
  scored: ScoreSource,
  { label }: LabelledSpec,
  rows: ReadableRows,
  { codes, numbers }: WantedColumns = noColumns,
): Promise<LabelledStretches> {
  const wanted = { codes, numbers: label === undefined ? numbers : [...numbers, label] };
  if (wanted.codes.length + wanted.numbers.length === 0) return { values: [], stretches: withoutColumns(scored) };
  const stretches = new Tee(scored.stretches());
  const columns = await rows.columns(wanted, stretches.rows());
  return { values: columns.values, stretches: withColumns(stretches, columns.stretches, label) };
}

async function* withoutColumns(scored: ScoreSource): AsyncGenerator<LabelledStretch> {
  for await (const stretch of scored.stretches()) yield labelledOf(stretch, stretch.label, noColumnValues);
}

const noColumnValues: ColumnStretch = { codes: [], numbers: [] };

async function* withColumns(
  scored: Tee,
  columns: AsyncIterable<ColumnStretch>,
  label: string | undefined,
): AsyncGenerator<LabelledStretch> {
  for await (const { codes, numbers } of columns) {
    const stretch = scored.last as Scores;
    if (label === undefined) yield labelledOf(stretch, stretch.label, { codes, numbers });
    else {
      const labels = labelsOf(label, stretch.row, numbers.at(-1) as Float64Array);
      yield labelledOf(stretch, labels, { codes, numbers: numbers.slice(0, -1) });
    }
  }
}

/** The rows of stretches for whoever reads columns, and the stretch that was read last for whoever joins the two. */
class Tee {
  last: Scores | undefined;
  readonly #from: Stretches;

  constructor(from: Stretches) {
    this.#from = from;
  }

  async *rows(): AsyncGenerator<Float64Array> {
    for await (const stretch of this.#from) {
      this.last = stretch;
      yield stretch.row;
    }
  }
}

function labelledOf({ output }: Scores, label: Int8Array, { codes, numbers }: ColumnStretch): LabelledStretch {
  if (label.every((value) => value >= 0))
    return { rows: { outputs: output, label: Uint8Array.from(label) }, codes, numbers, unlabelledCount: 0 };
  const keep = (_: number, at: number): boolean => (label[at] as number) >= 0;
  const known = Uint8Array.from(label.filter(keep));
  return {
    rows: { outputs: output.filter(keep), label: known },
    codes: codes.map((values) => values.filter(keep)),
    numbers: numbers.map((values) => values.filter(keep)),
    unlabelledCount: label.length - known.length,
  };
}

/** Of a column: 0, 1, or −1 for none. Throws BAD_USER_INPUT for another value. */
export function labelsOf(column: string, row: Float64Array, values: Float64Array): Int8Array {
  const bad = values.findIndex((value) => !(value === 0 || value === 1 || Number.isNaN(value)));
  if (bad >= 0)
    throw badUserInput(
      'label',
      `\`label\`: row ${row[bad]} has ${values[bad]} in the column “${column}”; a label is 0, 1 or null.`,
    );
  return Int8Array.from(values, (value) => (Number.isNaN(value) ? -1 : value));
}
