import type { ScoreSource } from '../../data/scores/file.ts';
import { badUserInput } from '../../errors.ts';
import type { ReadableRows } from '../analysis.ts';
import { labelsOf } from '../quality/labelled.ts';
import type { Grouping } from '../quality/labelled-rows.ts';
import { assertNumbers } from '../quality/scores.ts';

/** Rows that both models have scored, ascending, with their outputs in their own spaces. */
export interface PairedRows {
  readonly count: number;
  /** Row index in the dataset. */
  readonly row: Float64Array;
  readonly base: Float64Array;
  readonly candidate: Float64Array;
  /** 0, 1, or −1 for none. */
  readonly label: Int8Array;
  /** For each grouping: the code of each row, −1 for none, and what codes stand for. */
  readonly groups: readonly { readonly codes: Int32Array; readonly values: readonly string[] }[];
}

/** Of one comparison. */
export interface PairedSources {
  readonly base: ScoreSource;
  readonly candidate: ScoreSource;
}

/**
 * Joined by row, since with `invalid: SKIP` each model may have left out others. `label`: a column in place of the dataset's own label.
 * In memory: 25 bytes a row, and four for each grouping.
 */
export async function pairedRows(
  sources: PairedSources,
  rows: ReadableRows,
  { label, groupings = [] }: { readonly label?: string | undefined; readonly groupings?: readonly Grouping[] } = {},
): Promise<PairedRows> {
  const most = Math.min(sources.base.rowCount, sources.candidate.rowCount);
  const joined = {
    count: 0,
    row: new Float64Array(most),
    base: new Float64Array(most),
    candidate: new Float64Array(most),
    label: new Int8Array(most),
  };
  await join(sources, joined);
  if (joined.count === 0)
    throw badUserInput('rows', 'No row is one that both models take: there is nothing to compare them on.');
  const { count } = joined;
  // What no 0/1 label can be compared with has none.
  if (sources.candidate.scale.space === 'VALUE') joined.label.fill(-1);
  const found = {
    count,
    row: joined.row.subarray(0, count),
    base: joined.base.subarray(0, count),
    candidate: joined.candidate.subarray(0, count),
    label: joined.label.subarray(0, count),
  };
  return { ...found, groups: await readColumns(found, rows, label, groupings) };
}

type Joined = { count: number } & Pick<PairedRows, 'row' | 'base' | 'candidate' | 'label'>;

/** Rows ascend on both sides. */
async function join({ base, candidate }: PairedSources, joined: Joined): Promise<void> {
  const own = { row: new Float64Array(base.rowCount), output: new Float64Array(base.rowCount) };
  let filled = 0;
  for await (const { row, output } of base.stretches()) {
    assertNumbers({ row, output });
    own.row.set(row, filled);
    own.output.set(output, filled);
    filled += row.length;
  }
  let next = 0;
  for await (const { row, output, label } of candidate.stretches()) {
    assertNumbers({ row, output });
    for (const [at, index] of row.entries()) {
      while (next < filled && (own.row[next] as number) < index) next++;
      if (next === filled || own.row[next] !== index) continue;
      joined.row[joined.count] = index;
      joined.base[joined.count] = own.output[next] as number;
      joined.candidate[joined.count] = output[at] as number;
      joined.label[joined.count] = label[at] as number;
      joined.count++;
    }
  }
}

type Groups = PairedRows['groups'];

const rowsAtOnce = 2 ** 16;

/** Codes of groupings; the labels of another column in place of the dataset's. */
async function readColumns(
  { count, row, label }: Pick<PairedRows, 'count' | 'row' | 'label'>,
  rows: ReadableRows,
  column: string | undefined,
  groupings: readonly Grouping[],
): Promise<Groups> {
  if (column === undefined && groupings.length === 0) return [];
  const byValue = groupings.filter(({ bins }) => bins === undefined);
  const byBin = groupings.filter(({ bins }) => bins !== undefined);
  const numbers = [...byBin.map((one) => one.column), ...(column === undefined ? [] : [column])];
  const wanted = { codes: byValue.map((one) => one.column), numbers };
  const read = await rows.columns(wanted, stretchesOf(row));
  const codes = groupings.map(() => new Int32Array(count));
  let from = 0;
  for await (const stretch of read.stretches) {
    for (const [at, grouping] of groupings.entries()) {
      const { bins } = grouping;
      const own =
        bins === undefined
          ? (stretch.codes[byValue.indexOf(grouping)] as Int32Array)
          : Int32Array.from(stretch.numbers[byBin.indexOf(grouping)] as Float64Array, bins.codeOf);
      codes[at]?.set(own, from);
    }
    const length = Math.min(rowsAtOnce, count - from);
    if (column !== undefined) {
      const values = stretch.numbers.at(-1) as Float64Array;
      label.set(labelsOf(column, row.subarray(from, from + length), values), from);
    }
    from += length;
  }
  return groupings.map((grouping, at) => ({
    codes: codes[at] as Int32Array,
    values: grouping.bins?.values ?? (read.values[byValue.indexOf(grouping)] as readonly string[]),
  }));
}

async function* stretchesOf(row: Float64Array): AsyncGenerator<Float64Array> {
  for (let from = 0; from < row.length; from += rowsAtOnce) yield row.subarray(from, from + rowsAtOnce);
}
