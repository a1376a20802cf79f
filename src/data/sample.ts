import { numbersOf } from './duckdb/cells.ts';
import { Reader } from './duckdb/reader.ts';
import { fromFiles, Query, rowIndexSql, whereSql } from './duckdb/sql.ts';
import type { DatasetRecord, RowSelection, Sample } from './types.ts';

/** Says whether a row, by its index, is in a sample. */
export type Drawn = (index: number) => boolean;

/**
 * Which of the selected rows a sample draws: those with the `count` smallest hashes of (index, seed), which are a sample without
 * replacement, uniform as far as the hash is. It depends neither on threads nor on how the rows are read. Rows are counted, not
 * kept: memory is of the order of `count`.
 */
export async function drawnBy(dataset: DatasetRecord, selection: RowSelection, sample: Sample): Promise<Drawn> {
  const hash = rowHash(sample.seed);
  const smallest = new Smallest(Math.min(sample.count, dataset.rowCount));
  if (selection.partitions === null && selection.where.length === 0)
    for (let index = 0; index < dataset.rowCount; index++) smallest.offer(hash(index));
  else for await (const index of indexesOf(dataset, selection)) smallest.offer(hash(index));
  const bound = smallest.largest();
  return (index) => hash(index) <= bound;
}

/** The indexes of the first `count` rows of a sample behind row `after`. */
export async function drawnIndexes(
  dataset: DatasetRecord,
  selection: RowSelection,
  sample: Sample,
  { after, count }: { readonly after: number; readonly count: number },
): Promise<number[]> {
  const isDrawn = await drawnBy(dataset, selection, sample);
  const found: number[] = [];
  for await (const index of indexesOf(dataset, selection)) {
    if (index <= after || !isDrawn(index)) continue;
    if (found.push(index) === count) break;
  }
  return found;
}

async function* indexesOf(dataset: DatasetRecord, selection: RowSelection): AsyncGenerator<number> {
  const reader = await Reader.open(dataset.files.map(({ path }) => path));
  try {
    const query = new Query();
    const from = `${fromFiles(query, dataset.files)}${whereSql(query, dataset, selection)}`;
    const statement = query.statement(`SELECT ${rowIndexSql(query, dataset.files)} FROM ${from}`);
    for await (const chunk of reader.chunks(statement))
      yield* numbersOf(chunk.getColumnVector(0)).subarray(0, chunk.rowCount);
  } finally {
    reader[Symbol.dispose]();
  }
}

/**
 * A hash of 53 bits, as a double. Two rounds of MurmurHash3's 32-bit finalizer (Appleby, public domain), keyed by the seed; the
 * upper 32 bits are different for different indexes below 2^32, so that there are no ties.
 */
export function rowHash(seed: number): (index: number) => number {
  const key = mix(seed | 0);
  const otherKey = mix(key ^ 0x9e3779b9);
  return (index) => {
    const high = Math.floor(index / 2 ** 32);
    const upper = mix(mix((index | 0) ^ key) ^ otherKey ^ mix(high));
    const lower = mix(upper ^ (index | 0) ^ otherKey);
    return (upper >>> 0) * 2 ** 21 + (lower >>> 11);
  };
}

function mix(value: number): number {
  let bits = value;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}

/** The `count` smallest of any number of numbers. */
class Smallest {
  readonly #count: number;
  readonly #kept: Float64Array;
  #length = 0;
  #bound = Number.POSITIVE_INFINITY;

  constructor(count: number) {
    this.#count = count;
    this.#kept = new Float64Array(2 * count + 1024);
  }

  offer(value: number): void {
    if (value > this.#bound) return;
    this.#kept[this.#length++] = value;
    if (this.#length === this.#kept.length) this.#forgetLarge();
  }

  /** Infinite when there were not more than `count`. */
  largest(): number {
    if (this.#length > this.#count) this.#forgetLarge();
    return this.#bound;
  }

  #forgetLarge(): void {
    this.#kept.subarray(0, this.#length).sort();
    this.#length = this.#count;
    this.#bound = this.#kept[this.#count - 1] as number;
  }
}
