import type { ScoreSource } from '../../data/scores/file.ts';
import { badUserInput } from '../../errors.ts';
import type { ReadableRows } from '../analysis.ts';
import { labelsOf } from '../quality/labelled.ts';
import { type Grouping, Groupings } from '../quality/labelled-rows.ts';
import { assertNumbers } from '../quality/scores.ts';

/** Rows that both models have scored, ascending, with their outputs in their own spaces. */
export interface PairedRows {
  readonly count: number;
  /** Row index in the dataset. */
  readonly row: Float64Array;
  readonly base: Float64Array;
  readonly candidate: Float64Array;
  /** By the dataset's label: 0, 1, or −1 for none. */
  readonly label: Int8Array;
}

/** The same with a label of one's own choice, and groups. */
export interface GroupedPairs extends PairedRows {
  /** For each grouping: the code of each row, −1 for none, and what codes stand for. */
  readonly groups: readonly { readonly codes: Int32Array; readonly values: readonly string[] }[];
}

/** Of one comparison. */
export interface PairedSources {
  readonly base: ScoreSource;
  readonly candidate: ScoreSource;
}

/** Joined by row, since with `invalid: SKIP` each model may have left out others. In memory: 25 bytes a row. */
export async function pairedRows({ base, candidate }: PairedSources): Promise<PairedRows> {
  const own = { row: new Float64Array(base.rowCount), output: new Float64Array(base.rowCount) };
  let filled = 0;
  for await (const { row, output } of base.stretches()) {
    assertNumbers({ row, output });
    own.row.set(row, filled);
    own.output.set(output, filled);
    filled += row.length;
  }
  const most = Math.min(base.rowCount, candidate.rowCount);
  const joined = {
    row: new Float64Array(most),
    base: new Float64Array(most),
    candidate: new Float64Array(most),
    label: new Int8Array(most),
  };
  let [count, next] = [0, 0];
  for await (const { row, output, label } of candidate.stretches()) {
    assertNumbers({ row, output });
    for (const [at, index] of row.entries()) {
      while (next < filled && (own.row[next] as number) < index) next++;
      if (next === filled || own.row[next] !== index) continue;
      joined.row[count] = index;
      joined.base[count] = own.output[next] as number;
      joined.candidate[count] = output[at] as number;
      joined.label[count] = label[at] as number;
      count++;
    }
  }
  if (count === 0)
    throw badUserInput('rows', 'No row is one that both models take: there is nothing to compare them on.');
  // What no 0/1 label can be compared with has none.
  if (candidate.scale.space === 'VALUE') joined.label.fill(-1);
  return {
    count,
    row: joined.row.subarray(0, count),
    base: joined.base.subarray(0, count),
    candidate: joined.candidate.subarray(0, count),
    label: joined.label.subarray(0, count),
  };
}

const rowsAtOnce = 2 ** 16;

/** With codes of groupings, in four bytes a row each, and the labels of another column in place of the dataset's. */
export async function groupedPairs(
  paired: PairedRows,
  rows: ReadableRows,
  { label: column, groupings }: { readonly label: string | undefined; readonly groupings: readonly Grouping[] },
): Promise<GroupedPairs> {
  if (column === undefined && groupings.length === 0) return { ...paired, groups: [] };
  const { count, row } = paired;
  const grouped = new Groupings(groupings);
  const { codes: coded, numbers } = grouped.wanted;
  const wanted = { codes: coded, numbers: column === undefined ? numbers : [...numbers, column] };
  const read = await rows.columns(wanted, stretchesOf(row));
  const codes = groupings.map(() => new Int32Array(count));
  const label = column === undefined ? paired.label : new Int8Array(count);
  let from = 0;
  for await (const stretch of read.stretches) {
    for (const [at, own] of grouped.codesOf(stretch).entries()) codes[at]?.set(own, from);
    const own = row.subarray(from, from + rowsAtOnce);
    if (column !== undefined) label.set(labelsOf(column, own, stretch.numbers.at(-1) as Float64Array), from);
    from += own.length;
  }
  const values = grouped.valuesOf(read.values);
  return {
    ...paired,
    label,
    groups: codes.map((own, at) => ({ codes: own, values: values[at] as readonly string[] })),
  };
}

async function* stretchesOf(row: Float64Array): AsyncGenerator<Float64Array> {
  for (let from = 0; from < row.length; from += rowsAtOnce) yield row.subarray(from, from + rowsAtOnce);
}
