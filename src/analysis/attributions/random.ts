import jstat from 'jstat';

/**
 * Random numbers by what they are for, and not by a running generator: those of a seed, row, sample and element are the same however
 * rows are batched and whatever was drawn before. A hash of a counter (Salmon et al. 2011, Parallel Random Numbers: As Easy as
 * 1, 2, 3), with the finalizer of MurmurHash3 as the hash.
 */
export class Draw {
  readonly #start: number;
  readonly #step: number;

  constructor(seed: number, rowIndex: number, sample: number) {
    const words = [seed, rowIndex % 2 ** 32, Math.floor(rowIndex / 2 ** 32), sample];
    this.#start = words.reduce((hash, word) => hashed(Math.imul(hash, 5) + word), 0x9747b28c);
    this.#step = hashed(this.#start ^ 0x5bd1e995) | 1;
  }

  /** In (0, 1). */
  uniform(element: number): number {
    return ((this.#word(element) >>> 0) + 0.5) / 2 ** 32;
  }

  /** Standard normal, at 2^16 equally likely values: numbers `from`, `from` + 1, … of this draw, times `scale`, into `values` at `to`. */
  normals(values: Float32Array, to: number, count: number, from: number, scale: number): void {
    const table = normalTable();
    for (let at = 0; at < count; at++) {
      const element = from + at;
      const word = this.#word(element >>> 1);
      values[to + at] = scale * (table[element & 1 ? word >>> 16 : word & 0xffff] as number);
    }
  }

  /** So many things in a random order (Fisher and Yates). */
  order(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, at) => at);
    for (let last = count - 1; last > 0; last--) {
      const chosen = Math.floor(this.uniform(last) * (last + 1));
      const other = order[chosen] as number;
      order[chosen] = order[last] as number;
      order[last] = other;
    }
    return order;
  }

  #word(counter: number): number {
    return hashed(this.#start + Math.imul(counter, this.#step));
  }
}

function hashed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

let known: Float32Array | undefined;

/** The normal distribution's quantiles in the middle of 2^16 equal shares, scaled to variance 1. */
function normalTable(): Float32Array {
  if (known !== undefined) return known;
  const size = 2 ** 16;
  const quantiles = Float64Array.from({ length: size }, (_, at) => jstat.normal.inv((at + 0.5) / size, 0, 1));
  const variance = quantiles.reduce((sum, value) => sum + value * value, 0) / size;
  known = Float32Array.from(quantiles, (value) => value / Math.sqrt(variance));
  return known;
}
