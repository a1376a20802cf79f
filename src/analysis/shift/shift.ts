import { between } from '../sums/between.ts';

/** How far two samples lie apart: 0 throughout where they are the same. NaN: the figure does not exist. */
export interface Shift {
  /** Population stability index, in nats. */
  readonly psi: number;
  /** Divergence, in bits: from 0 to 1. */
  readonly jensenShannon: number;
  /** Largest difference of the two distribution functions (Kolmogorov–Smirnov). */
  readonly ks: number;
  /** Area between the two distribution functions, in the values' own unit. */
  readonly wasserstein: number;
}

/** Smaller shares count as this one in the PSI: of an empty bin the logarithm would be infinite. */
const leastShare = 1e-4;

const log2 = (ratio: number): number => (ratio === 1 ? 0 : Math.log2(ratio));

/** Of counts in the same bins. Without any in either sample all shares are 0. */
export function shiftOfCounts(
  reference: readonly number[],
  current: readonly number[],
): Pick<Shift, 'psi' | 'jensenShannon'> {
  const [before, after] = [sharesOf(reference), sharesOf(current)];
  const isOneEmpty = after.some((share) => share > 0) !== before.some((share) => share > 0);
  let psi = 0;
  let jensenShannon = 0;
  for (const [bin, share] of before.entries()) {
    const other = after[bin] as number;
    const [p, q] = [Math.max(share, leastShare), Math.max(other, leastShare)];
    psi += (q - p) * Math.log(q / p);
    const middle = (share + other) / 2;
    if (share > 0) jensenShannon += (share / 2) * log2(share / middle);
    if (other > 0) jensenShannon += (other / 2) * log2(other / middle);
  }
  return { psi, jensenShannon: isOneEmpty ? 1 : Math.min(1, Math.max(0, jensenShannon)) };
}

function sharesOf(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

/** The nine inner deciles' places among so many ascending numbers, from 0; between two where they are not whole. */
export const decilePlaces = (count: number): number[] =>
  Array.from({ length: 9 }, (_, decile) => ((decile + 1) / 10) * (count - 1));

/**
 * Exact, of two samples of numbers in ascending order without NaN. PSI and Jensen–Shannon divergence over the reference's deciles, bins
 * (a, b], equal cut points merged; the first and the last bin are open.
 */
export function shiftOfNumbers(reference: Float64Array, current: Float64Array): Shift {
  const cuts = decilesOf(reference);
  const counts = (sorted: Float64Array): number[] =>
    differences(
      cuts.map((cut) => countUpTo(sorted, cut)),
      sorted.length,
    );
  const { ks, wasserstein } = distances(reference, current);
  return { ...shiftOfCounts(counts(reference), counts(current)), ks, wasserstein };
}

/** Ascending, equal ones merged; none without numbers. */
function decilesOf(sorted: Float64Array): number[] {
  if (sorted.length === 0) return [];
  const cuts = decilePlaces(sorted.length).map((place) =>
    between(sorted[Math.floor(place)] as number, sorted[Math.ceil(place)] as number, place),
  );
  return [...new Set(cuts)];
}

/** Counts of bins, from how many lie up to each cut and how many there are. */
export const differences = (upTo: readonly number[], total: number): number[] =>
  [...upTo, total].map((count, bin) => count - (upTo[bin - 1] ?? 0));

function countUpTo(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** One walk over both, value by value. */
function distances(a: Float64Array, b: Float64Array): Pick<Shift, 'ks' | 'wasserstein'> {
  if (a.length === 0 || b.length === 0) return { ks: Number.NaN, wasserstein: Number.NaN };
  let [ks, wasserstein, atA, atB] = [0, 0, 0, 0];
  let before = Math.min(a[0] as number, b[0] as number);
  while (atA < a.length || atB < b.length) {
    const value = Math.min(a[atA] ?? Number.POSITIVE_INFINITY, b[atB] ?? Number.POSITIVE_INFINITY);
    const apart = Math.abs(atA / a.length - atB / b.length);
    if (apart > 0) wasserstein += apart * (value - before);
    while (a[atA] === value) atA++;
    while (b[atB] === value) atB++;
    ks = Math.max(ks, Math.abs(atA / a.length - atB / b.length));
    before = value;
  }
  return { ks, wasserstein: Number.isFinite(wasserstein) ? wasserstein : Number.NaN };
}
