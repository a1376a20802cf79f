/** Outputs of two models on the same rows of one class. */
export interface Paired {
  readonly base: Float64Array;
  readonly candidate: Float64Array;
}

/** NaN where a class is missing. */
export interface PairedAuc {
  readonly baseAuc: number;
  readonly candidateAuc: number;
  /** Of the candidate's AUC minus the base's; NaN with fewer than two rows of a class. */
  readonly differenceVariance: number;
}

/**
 * Two AUCs on the same rows, exact, ties by half, and the variance of their difference (DeLong, DeLong & Clarke-Pearson 1988): of the
 * differences of each row's two placements, the share of the other class's rows that are on the right side of it.
 */
export function pairedAuc(positives: Paired, negatives: Paired): PairedAuc {
  const base = placementsOf(positives.base, negatives.base);
  const candidate = placementsOf(positives.candidate, negatives.candidate);
  const pairs = positives.base.length * negatives.base.length;
  return {
    baseAuc: base.sum / pairs,
    candidateAuc: candidate.sum / pairs,
    differenceVariance:
      varianceOfDifference(base.ofPositives, candidate.ofPositives) /
        positives.base.length /
        negatives.base.length ** 2 +
      varianceOfDifference(base.ofNegatives, candidate.ofNegatives) /
        negatives.base.length /
        positives.base.length ** 2,
  };
}

/** How many rows of the other class are on the right side of each row, ties by half: whole and half numbers, exact. */
interface Placements {
  readonly ofPositives: Float64Array;
  readonly ofNegatives: Float64Array;
  readonly sum: number;
}

function placementsOf(positives: Float64Array, negatives: Float64Array): Placements {
  const [sortedPositives, sortedNegatives] = [positives.toSorted(), negatives.toSorted()];
  const ofPositives = positives.map((value) => below(sortedNegatives, value));
  const ofNegatives = negatives.map((value) => positives.length - below(sortedPositives, value));
  return { ofPositives, ofNegatives, sum: ofPositives.reduce((sum, count) => sum + count, 0) };
}

/** How many are less, and half of those that are equal. */
const below = (sorted: Float64Array, value: number): number =>
  (firstWhere(sorted, (one) => one >= value) + firstWhere(sorted, (one) => one > value)) / 2;

function firstWhere(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Dividing by one less than their number; NaN below two. */
function varianceOfDifference(a: Float64Array, b: Float64Array): number {
  if (a.length < 2) return Number.NaN;
  const mean = a.reduce((sum, value, at) => sum + (b[at] as number) - value, 0) / a.length;
  const squares = a.reduce((sum, value, at) => sum + ((b[at] as number) - value - mean) ** 2, 0);
  return squares / (a.length - 1);
}
