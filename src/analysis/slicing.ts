import type { ReadableRows } from './analysis.ts';
import { buckets, groupedAuc, type Quality, qualityOf } from './quality.ts';

/** Quality on the rows that share a value. */
export interface SliceResult extends Quality {
  readonly slice: string;
  readonly gauc: number;
}

/** A code for each row, −1 for none, and what each code stands for. */
export interface Codes {
  readonly codes: Int32Array;
  readonly values: readonly string[];
}

/** A numeric column with more values than this is cut at its deciles. */
const mostNumbers = 20;

export const codesOf = async (rows: ReadableRows, column: string | null, row: Float64Array): Promise<Codes | null> =>
  column === null ? null : rows.codes(column, row);

/** The values of a column as slices; deciles where it is a number with many values. */
export async function sliceCodes(rows: ReadableRows, column: string, row: Float64Array): Promise<Codes> {
  const codes = await rows.codes(column, row);
  return codes.values.length > mostNumbers && rows.isNumber(column) ? deciles(await rows.numbers(column, row)) : codes;
}

/** Bins (a, b] between the deciles (linear interpolation), equal ones merged; the first begins with the minimum. */
export function deciles(numbers: Float64Array): Codes {
  const sorted = numbers.filter((value) => !Number.isNaN(value)).sort();
  const at = (share: number): number => {
    const position = share * (sorted.length - 1);
    const [low, high] = [sorted[Math.floor(position)] as number, sorted[Math.ceil(position)] as number];
    // Between infinite neighbours nothing can be interpolated.
    return Number.isFinite(high - low) ? low + (high - low) * (position % 1) : low;
  };
  const edges = [...new Set(Array.from({ length: 11 }, (_, decile) => at(decile / 10)))];
  const upper = edges.slice(1);
  const codes = Int32Array.from(numbers, (value) => (Number.isNaN(value) ? -1 : Math.max(0, lowerBound(upper, value))));
  const values = upper.map((high, bin) => `${bin === 0 ? '[' : '('}${edges[bin]}, ${high}]`);
  return { codes, values };
}

/** Position of the first edge that is not below the value. */
function lowerBound(edges: readonly number[], value: number): number {
  const found = edges.findIndex((edge) => value <= edge);
  return found < 0 ? edges.length - 1 : found;
}

/** One evaluation for each code that a row has, in the order of the codes. */
export function slicesBy(keys: Uint32Array, by: Codes, group: Codes | null): SliceResult[] {
  const groupsOf = group === null ? () => [] : groupsWithin(keys, by, group);
  return buckets(keys, by.codes, by.values.length)
    .map((sorted, code) => ({
      slice: by.values[code] as string,
      ...qualityOf(sorted),
      gauc: groupedAuc(groupsOf(code)),
    }))
    .filter(({ rowCount }) => rowCount > 0);
}

/** The groups of each slice: one sort of (slice, group) pairs serves all slices. */
function groupsWithin(keys: Uint32Array, by: Codes, group: Codes): (code: number) => Uint32Array[] {
  const groupCount = group.values.length;
  const dense = new Map<number, number>();
  const ofSlice: number[][] = by.values.map(() => []);
  const pairs = Int32Array.from(keys, (_, at) => {
    const slice = by.codes[at] as number;
    const member = group.codes[at] as number;
    if (slice < 0 || member < 0) return -1;
    const pair = slice * groupCount + member;
    let code = dense.get(pair);
    if (code === undefined) {
      code = dense.size;
      dense.set(pair, code);
      ofSlice[slice]?.push(code);
    }
    return code;
  });
  const grouped = buckets(keys, pairs, dense.size);
  return (slice) => (ofSlice[slice] as number[]).map((code) => grouped[code] as Uint32Array);
}
