import { sortKeys } from './keys.ts';

/** Keys of the rows that share their codes, ascending. */
export interface Group {
  readonly codes: readonly number[];
  readonly sorted: Uint32Array;
}

/** The groups that have a row, by the first column's code; at most two columns. Sorts copies. */
export function groupsOf(keys: Uint32Array, columns: readonly Int32Array[]): Iterable<Group> {
  const [first, second] = columns;
  if (first === undefined) return keys.length === 0 ? [] : [{ codes: [], sorted: sortKeys(keys.slice()) }];
  return second === undefined ? groupsOfOne(keys, first) : groupsOfTwo(keys, first, second);
}

function* groupsOfOne(keys: Uint32Array, codes: Int32Array): Generator<Group> {
  for (const [code, bucket] of buckets(keys, codes, sizeOf(codes)).entries())
    if (bucket.length > 0) yield { codes: [code], sorted: sortKeys(bucket) };
}

function* groupsOfTwo(keys: Uint32Array, first: Int32Array, second: Int32Array): Generator<Group> {
  const width = sizeOf(second);
  const numberOf = new Map<number, number>();
  const numbers = first.map((a, at) => {
    const b = second[at] as number;
    if (a < 0 || b < 0) return -1;
    const pair = a * width + b;
    const known = numberOf.get(pair);
    if (known !== undefined) return known;
    numberOf.set(pair, numberOf.size);
    return numberOf.size - 1;
  });
  const grouped = buckets(keys, numbers, numberOf.size);
  const pairs = Float64Array.from(numberOf.keys()).sort();
  for (const pair of pairs)
    yield {
      codes: [Math.floor(pair / width), pair % width],
      sorted: sortKeys(grouped[numberOf.get(pair) as number] as Uint32Array),
    };
}

/** One more than the largest code. */
const sizeOf = (codes: Int32Array): number => {
  let largest = -1;
  for (const code of codes) if (code > largest) largest = code;
  return largest + 1;
};

/** Keys by their rows' code, one part of memory after the other; rows with code −1 are in none. */
function buckets(keys: Uint32Array, codes: Int32Array, bucketCount: number): Uint32Array[] {
  const starts = new Uint32Array(bucketCount + 1);
  for (const code of codes) if (code >= 0) starts[code + 1] = (starts[code + 1] as number) + 1;
  for (let code = 0; code < bucketCount; code++)
    starts[code + 1] = (starts[code + 1] as number) + (starts[code] as number);
  const grouped = new Uint32Array(starts[bucketCount] as number);
  const next = starts.slice();
  for (let at = 0; at < keys.length; at++) {
    const code = codes[at] as number;
    if (code < 0) continue;
    grouped[next[code] as number] = keys[at] as number;
    next[code] = (next[code] as number) + 1;
  }
  return Array.from({ length: bucketCount }, (_, code) => grouped.subarray(starts[code], starts[code + 1]));
}
