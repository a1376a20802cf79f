import type { Scores } from '../data/score-file.ts';
import { badUserInput } from '../errors.ts';
import type { PartQuestions, ReadableRows } from './analysis.ts';
import { scoreKeys } from './quality.ts';
import { partOf, type ScoresSpec } from './scores.ts';

/** What is evaluated: a score, against the dataset's label or another column of 0 and 1. */
export interface LabelledSpec extends ScoresSpec {
  readonly label?: string;
}

/** The scored rows that have a label, in row order. */
export interface Labelled {
  readonly row: Float64Array;
  /** Of quality.ts. */
  readonly keys: Uint32Array;
  readonly unlabelledCount: number;
}

/** What every reading of labelled scores has in common. */
export const ofScores = {
  parts: (spec: ScoresSpec): PartQuestions<[Scores]> => [{ name: 'scores', spec: partOf(spec) }],
};

/** Throws BAD_USER_INPUT when no row has a label, or a label is not 0 or 1. */
export async function labelledOf(part: Scores, { label: column }: LabelledSpec, rows: ReadableRows): Promise<Labelled> {
  const label = column === undefined ? part.label : await labelsOf(column, part.row, rows);
  const { row, score } = part;
  const keep = (_: number, at: number): boolean => (label[at] as number) >= 0;
  const isComplete = label.every((value) => value >= 0);
  const kept = isComplete ? part.row : row.filter(keep);
  if (kept.length === 0)
    throw badUserInput(
      column === undefined ? 'rows' : 'label',
      'None of the selected rows has a label: there is nothing to evaluate against. Select others, or name the column with `label`.',
    );
  return {
    row: kept,
    keys: isComplete ? scoreKeys(score, label) : scoreKeys(score.filter(keep), label.filter(keep)),
    unlabelledCount: row.length - kept.length,
  };
}

/** 0, 1, or −1 for none. */
async function labelsOf(column: string, row: Float64Array, rows: ReadableRows): Promise<Int8Array> {
  const values = await rows.numbers(column, row);
  const bad = values.findIndex((value) => !(value === 0 || value === 1 || Number.isNaN(value)));
  if (bad >= 0)
    throw badUserInput(
      'label',
      `\`label\`: row ${row[bad]} has ${values[bad]} in the column “${column}”; a label is 0, 1 or null.`,
    );
  return Int8Array.from(values, (value) => (Number.isNaN(value) ? -1 : value));
}
