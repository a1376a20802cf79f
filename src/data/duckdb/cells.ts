import type { DuckDBVector } from '@duckdb/node-api';

/**
 * A column of a chunk without a call for each value. DuckDB's vectors hold their values and the bits that say which are null
 * in fields that its type declarations keep private; this file is the only one that reaches for them.
 */
interface Fields {
  readonly items: Float64Array;
  readonly validity: { readonly data: BigUint64Array | null; readonly offset: number };
  readonly entryData: BigUint64Array;
}

const fieldsOf = (vector: DuckDBVector): Fields => vector as unknown as Fields;

/** Of a DOUBLE column; what stands where a value is null means nothing. */
export const numbersOf = (vector: DuckDBVector): Float64Array => fieldsOf(vector).items;

/** null when there is no null. */
export type NullBits = Uint32Array | null;

export function nullBitsOf(vector: DuckDBVector): NullBits {
  const { data, offset } = fieldsOf(vector).validity;
  if (data === null) return null;
  if (offset !== 0) throw new Error('a sliced vector');
  return new Uint32Array(data.buffer, data.byteOffset, data.length * 2);
}

export const isNull = (bits: NullBits, row: number): boolean =>
  bits !== null && (((bits[row >>> 5] as number) >>> (row & 31)) & 1) === 0;

/** Of a list column: for each row, offset and length in its elements, as pairs of 64 bits each, the higher halves zero. */
export function entriesOf(vector: DuckDBVector): Uint32Array {
  const { entryData } = fieldsOf(vector);
  return new Uint32Array(entryData.buffer, entryData.byteOffset, entryData.length * 2);
}

/** Puts values into the first rows of a vector of DuckDB's that has no nulls, to be appended to a table. */
export function fillVector(vector: DuckDBVector, values: ArrayLike<number>, from: number, count: number): void {
  const { items } = fieldsOf(vector);
  for (let row = 0; row < count; row++) items[row] = values[from + row] as number;
  vector.flush();
}

export const elementsOf = (vector: DuckDBVector): DuckDBVector =>
  (vector as DuckDBVector & { readonly childVector: DuckDBVector }).childVector;
