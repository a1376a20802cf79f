import { blankOutputs, type Precision } from '../scale.ts';
import type { CompactCodes } from './compact-codes.ts';
import { type Keys, keysOf, type SortedKeys, sortKeys } from './keys.ts';

/** Keys of the rows that share their codes; in memory that the next grouping may take over. */
export interface Group extends SortedKeys {
  readonly codes: readonly number[];
}

/** Rows that are grouped: in these places, or all of them. */
export interface GroupedRows {
  readonly keys: Keys;
  readonly label: Uint8Array;
  readonly columns: readonly CompactCodes[];
  readonly places: Uint32Array | null;
}

/** Memory of groupings, used again by the next: millions of rows would be garbage for a while otherwise. */
export class Workspace {
  readonly #precision: Precision;
  #keys: Keys;

  constructor(precision: Precision) {
    this.#precision = precision;
    this.#keys = keysOf(blankOutputs(precision, 0));
  }

  keys(length: number): Keys {
    if (this.#keys.length < length) this.#keys = keysOf(blankOutputs(this.#precision, length));
    return this.#keys.subarray(0, length);
  }
}

/** The groups that have a row, by the first column's code; at most two columns. */
export function* groupsOf(rows: GroupedRows, rowCount: number, workspace: Workspace): Generator<Group> {
  const [first, second] = rows.columns;
  const count = rows.places?.length ?? rowCount;
  if (count === 0) return;
  const numbering =
    first === undefined ? allAsOne : second === undefined ? numberedByOne(first) : numberedByTwo(first, second);
  const grouped = buckets(rows, count, numbering, workspace);
  for (const { number, codes } of numbering.order()) {
    const [negatives, positives] = [grouped(2 * number), grouped(2 * number + 1)];
    if (negatives.length + positives.length === 0) continue;
    yield { codes, positives: sortKeys(positives), negatives: sortKeys(negatives) };
  }
}

const placeOf = ({ places }: GroupedRows, at: number): number => (places === null ? at : (places[at] as number));

/** Which group a row is in, as a number; −1 for none. */
interface Numbering {
  numberOf(row: number): number;
  /** How many numbers there are before a row is asked for; others follow one by one. */
  readonly known: number;
  /** By the first column's code. */
  order(): Iterable<{ number: number; codes: readonly number[] }>;
}

const allAsOne: Numbering = { numberOf: () => 0, known: 1, order: () => [{ number: 0, codes: [] }] };

function numberedByOne({ values, none, size }: CompactCodes): Numbering {
  return {
    numberOf: (row) => (values[row] === none ? -1 : (values[row] as number)),
    known: size,
    *order() {
      for (let code = 0; code < size; code++) yield { number: code, codes: [code] };
    },
  };
}

function numberedByTwo(first: CompactCodes, second: CompactCodes): Numbering {
  const width = second.size;
  const pairs = new Pairs(first.size * width);
  return {
    numberOf(row) {
      const a = first.values[row] as number;
      const b = second.values[row] as number;
      return a === first.none || b === second.none ? -1 : pairs.numberOf(a * width + b);
    },
    known: 0,
    *order() {
      for (const pair of Float64Array.from(pairs.found).sort())
        yield { number: pairs.numberOf(pair), codes: [Math.floor(pair / width), pair % width] };
    },
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

/**
 * Keys by their rows' group and label, one part of memory after the other: of group `number`, the negatives are bucket 2 · number and
 * the positives the next one. Numbers are asked for twice, which is cheaper than to keep them.
 */
function buckets(
  rows: GroupedRows,
  count: number,
  numbering: Numbering,
  workspace: Workspace,
): (bucket: number) => Keys {
  const { keys, label } = rows;
  const counts = new Array<number>(2 * numbering.known).fill(0);
  for (let at = 0; at < count; at++) {
    const place = placeOf(rows, at);
    const number = numbering.numberOf(place);
    if (number < 0) continue;
    if (2 * number >= counts.length) counts.push(0, 0);
    const bucket = 2 * number + (label[place] as number);
    counts[bucket] = (counts[bucket] as number) + 1;
  }
  const starts = new Uint32Array(counts.length + 1);
  for (let bucket = 0; bucket < counts.length; bucket++)
    starts[bucket + 1] = (starts[bucket] as number) + (counts[bucket] as number);
  const grouped = workspace.keys(starts[counts.length] as number);
  const next = starts.slice();
  for (let at = 0; at < count; at++) {
    const place = placeOf(rows, at);
    const number = numbering.numberOf(place);
    if (number < 0) continue;
    const bucket = 2 * number + (label[place] as number);
    grouped[next[bucket] as number] = keys[place] as number;
    next[bucket] = (next[bucket] as number) + 1;
  }
  return (bucket) => grouped.subarray(starts[bucket], starts[bucket + 1]);
}
