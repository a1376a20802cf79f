import type { RawOutputs } from '../scale.ts';

/**
 * Outputs as they are sorted: of float32, whole numbers in the same order, which are sorted faster; of float64, themselves. Equal
 * outputs have equal keys.
 */
export type Keys = Uint32Array | Float64Array;

/** Keys of a group by label, each ascending. */
export interface SortedKeys {
  readonly positives: Keys;
  readonly negatives: Keys;
}

/** Of outputs that are numbers, infinities included. */
export function keysOf(outputs: RawOutputs): Keys {
  // −0 is the 0 that it equals.
  if (outputs instanceof Float64Array) return outputs.map((output) => output + 0);
  const bits = new Int32Array(outputs.buffer, outputs.byteOffset, outputs.length);
  const keys = new Uint32Array(outputs.length);
  for (let at = 0; at < keys.length; at++) {
    const own = bits[at] as number;
    keys[at] = own === negativeZero ? signBit : own < 0 ? ~own : own ^ signBit;
  }
  return keys;
}

/** Floats order like their bits, those below zero the other way round. */
const signBit = 0x80000000;
/** The bits of −0. */
const negativeZero = signBit | 0;

/** The outputs of keys, in their order. */
export function outputsOf(keys: Keys): RawOutputs {
  if (keys instanceof Float64Array) return keys;
  return new Float32Array(keys.map((key) => (key >= signBit ? key ^ signBit : ~key)).buffer);
}

/** Is told how many rows of an output have label 1 and how many 0. */
export interface TieWalker {
  tie(output: number, positives: number, negatives: number): void;
}

/** Tells of groups of equal outputs, descending. */
export function eachTie({ positives, negatives }: SortedKeys, walker: TieWalker): void {
  const decode = decoder(positives);
  let [positive, negative] = [positives.length - 1, negatives.length - 1];
  while (positive >= 0 || negative >= 0) {
    const key = Math.max(
      positives[positive] ?? Number.NEGATIVE_INFINITY,
      negatives[negative] ?? Number.NEGATIVE_INFINITY,
    );
    const [positiveEnd, negativeEnd] = [positive, negative];
    while (positive >= 0 && positives[positive] === key) positive--;
    while (negative >= 0 && negatives[negative] === key) negative--;
    walker.tie(decode(key), positiveEnd - positive, negativeEnd - negative);
  }
}

function decoder(keys: Keys): (key: number) => number {
  if (keys instanceof Float64Array) return (key) => key;
  const bits = new Uint32Array(1);
  const output = new Float32Array(bits.buffer);
  return (key) => {
    bits[0] = key >= signBit ? key ^ signBit : ~key;
    return output[0] as number;
  };
}

const digitBits = 11;
const digits = 1 << digitBits;

/** Below, the library's sort is faster; above, the copy that ours needs would be too much memory. */
const radixRows = { min: 1 << 14, max: 1 << 22 };

/** Sorts in place, ascending. */
export function sortKeys<Some extends Keys>(keys: Some): Some {
  if (keys instanceof Float64Array || keys.length < radixRows.min || keys.length > radixRows.max) {
    keys.sort();
    return keys;
  }
  let from: Uint32Array = keys;
  let to: Uint32Array = new Uint32Array(keys.length);
  for (let shift = 0; shift < 32; shift += digitBits) {
    byDigit(from, to, shift);
    [from, to] = [to, from];
  }
  // Three digits: what is sorted lies in the copy.
  keys.set(from);
  return keys;
}

function byDigit(from: Uint32Array, to: Uint32Array, shift: number): void {
  const starts = new Uint32Array(digits + 1);
  for (let at = 0; at < from.length; at++) {
    const next = (((from[at] as number) >>> shift) & (digits - 1)) + 1;
    starts[next] = (starts[next] as number) + 1;
  }
  for (let digit = 0; digit < digits; digit++)
    starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number);
  for (let at = 0; at < from.length; at++) {
    const key = from[at] as number;
    const digit = (key >>> shift) & (digits - 1);
    const place = starts[digit] as number;
    to[place] = key;
    starts[digit] = place + 1;
  }
}
