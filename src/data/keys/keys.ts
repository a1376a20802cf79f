/**
 * A scored and labelled row as one number, `(bits(score) << 1) | label`: float32 scores in [0, 1] order like their bits, so an
 * unsigned sort orders by score, and equal scores are neighbours.
 */

/** Scores must lie in [0, 1]; labels are 0 or 1. */
export function scoreKeys(score: Float32Array, label: ArrayLike<number>): Uint32Array {
  const bits = new Uint32Array(score.buffer, score.byteOffset, score.length);
  const keys = new Uint32Array(score.length);
  // −0 has the sign bit set: shifting it out makes it the 0 that it equals.
  for (let at = 0; at < keys.length; at++) keys[at] = ((bits[at] as number) << 1) | (label[at] as number);
  return keys;
}

/** The scores of keys, in their order. */
export function scoresOfKeys(keys: Uint32Array): Float32Array {
  return new Float32Array(keys.map((key) => key >>> 1).buffer);
}

/** Is told how many rows of a score have label 1 and how many 0. */
export interface TieWalker {
  tie(score: number, positives: number, negatives: number): void;
}

/** Tells of groups of equal scores, descending. */
export function eachTie(sorted: Uint32Array, walker: TieWalker): void {
  const bits = new Uint32Array(1);
  const score = new Float32Array(bits.buffer);
  for (let at = sorted.length - 1; at >= 0; ) {
    const group = (sorted[at] as number) >>> 1;
    let positives = 0;
    let next = at;
    for (; next >= 0 && (sorted[next] as number) >>> 1 === group; next--) positives += (sorted[next] as number) & 1;
    bits[0] = group;
    walker.tie(score[0] as number, positives, at - next - positives);
    at = next;
  }
}

const digitBits = 11;
const digits = 1 << digitBits;

/** Below, the library's sort is faster; above, the copy that ours needs would be too much memory. */
const radixRows = { min: 1 << 14, max: 1 << 22 };

/** Sorts in place, ascending. */
export function sortKeys(keys: Uint32Array): Uint32Array {
  if (keys.length < radixRows.min || keys.length > radixRows.max) return keys.sort();
  let from = keys;
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
