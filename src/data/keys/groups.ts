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
  const pairs = new Pairs(sizeOf(first) * width);
  const numbers = new Int32Array(keys.length).fill(-1);
  for (let at = 0; at < keys.length; at++) {
    const a = first[at] as number;
    const b = second[at] as number;
    if (a >= 0 && b >= 0) numbers[at] = pairs.numberOf(a * width + b);
  }
  const grouped = buckets(keys, numbers, pairs.found.length);
  const order = Float64Array.from(pairs.found).sort();
  for (const pair of order)
    yield {
      codes: [Math.floor(pair / width), pair % width],
      sorted: sortKeys(grouped[pairs.numberOf(pair)] as Uint32Array),
    };
}

/** More pairs of codes than these are looked up in a map. */
const mostListed = 1 << 22;

/** Numbers pairs of codes as they occur. */
class Pairs {
  readonly found: number[] = [];
  readonly #list: Int32Array | null;
  readonly #map = new Map<number, number>();

  constructor(pairCount: number) {
    this.#list = pairCount > mostListed ? null : new Int32Array(pairCount).fill(-1);
  }

  numberOf(pair: number): number {
    const known = this.#list === null ? (this.#map.get(pair) ?? -1) : (this.#list[pair] as number);
    if (known >= 0) return known;
    const number = this.found.push(pair) - 1;
    if (this.#list === null) this.#map.set(pair, number);
    else this.#list[pair] = number;
    return number;
  }
}

/** One more than the largest code. */
function sizeOf(codes: Int32Array): number {
  let largest = -1;
  for (let at = 0; at < codes.length; at++) largest = Math.max(largest, codes[at] as number);
  return largest + 1;
}

/** Keys by their rows' code, one part of memory after the other; rows with code −1 are in none. */
function buckets(keys: Uint32Array, codes: Int32Array, bucketCount: number): Uint32Array[] {
  const starts = new Uint32Array(bucketCount + 1);
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] as number;
    if (code >= 0) starts[code + 1] = (starts[code + 1] as number) + 1;
  }
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
