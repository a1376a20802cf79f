/**
 * Measures of a binary classifier from sorted score keys. A key is `(bits(score) << 1) | label`: float32 scores in [0, 1] order
 * like their bits, so an unsigned sort orders by score and one walk over groups of equal scores gives every measure.
 */
export interface Quality {
  readonly rowCount: number;
  readonly positiveCount: number;
  /** Ties count half; NaN, like every figure below, where it does not exist. */
  readonly auc: number;
  /** DeLong et al. 1988. */
  readonly aucVariance: number;
  /** Average precision. */
  readonly prAuc: number;
  /** Probabilities clipped to [1e-15, 1 − 1e-15]. */
  readonly logLoss: number;
  /** Log loss over the base rate's entropy (He et al. 2014). */
  readonly normalizedEntropy: number;
  readonly brier: number;
  readonly calibrationRatio: number;
}

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

/** Visits groups of equal scores, ascending: how many of a group's rows have label 1 and how many 0. */
export function eachTie(
  sorted: Uint32Array,
  visit: (score: number, positives: number, negatives: number) => void,
): void {
  const bits = new Uint32Array(1);
  const score = new Float32Array(bits.buffer);
  for (let at = 0; at < sorted.length; ) {
    const group = (sorted[at] as number) >>> 1;
    let positives = 0;
    let end = at;
    for (; end < sorted.length && (sorted[end] as number) >>> 1 === group; end++)
      positives += (sorted[end] as number) & 1;
    bits[0] = group;
    visit(score[0] as number, positives, end - at - positives);
    at = end;
  }
}

export function qualityOf(sorted: Uint32Array): Quality {
  const rowCount = sorted.length;
  let positiveCount = 0;
  for (let at = 0; at < rowCount; at++) positiveCount += (sorted[at] as number) & 1;
  const negativeCount = rowCount - positiveCount;
  const ranks = { positives: 0, negatives: 0, wins: 0, positiveSquares: 0, negativeSquares: 0, precision: 0 };
  let loss = 0;
  let brier = 0;
  let sum = 0;
  eachTie(sorted, (score, positives, negatives) => {
    // Placements of DeLong: the share of the other class that lies on the right side.
    const below = (ranks.negatives + negatives / 2) / negativeCount;
    const above = (positiveCount - ranks.positives - positives / 2) / positiveCount;
    ranks.wins += positives * below;
    ranks.positiveSquares += positives * below * below;
    ranks.negativeSquares += negatives * above * above;
    const atLeast = positiveCount - ranks.positives;
    ranks.precision += (positives * atLeast) / (rowCount - ranks.positives - ranks.negatives);
    ranks.positives += positives;
    ranks.negatives += negatives;
    const clipped = Math.min(Math.max(score, 1e-15), 1 - 1e-15);
    if (positives > 0) loss -= positives * Math.log(clipped);
    if (negatives > 0) loss -= negatives * Math.log(1 - clipped);
    brier += positives * (1 - score) ** 2 + negatives * score ** 2;
    sum += (positives + negatives) * score;
  });
  const auc = negativeCount === 0 ? Number.NaN : ranks.wins / positiveCount;
  const logLoss = loss / rowCount;
  return {
    rowCount,
    positiveCount,
    auc,
    aucVariance:
      sampleVariance(ranks.positiveSquares, auc, positiveCount) / positiveCount +
      sampleVariance(ranks.negativeSquares, auc, negativeCount) / negativeCount,
    prAuc: ranks.precision / positiveCount,
    logLoss,
    normalizedEntropy: logLoss / entropy(positiveCount / rowCount),
    brier: brier / rowCount,
    calibrationRatio: positiveCount === 0 ? Number.NaN : sum / positiveCount,
  };
}

/** Of `count` values with this sum of squares and mean; NaN below two. */
const sampleVariance = (squares: number, mean: number, count: number): number =>
  count < 2 ? Number.NaN : Math.max(0, squares - count * mean * mean) / (count - 1);

/** Of a Bernoulli variable, in nats; NaN where it is certain, because nothing can be measured against it. */
const entropy = (rate: number): number =>
  rate === 0 || rate === 1 ? Number.NaN : -rate * Math.log(rate) - (1 - rate) * Math.log(1 - rate);

/** Only the AUC of sorted keys, for many small groups; NaN with a single class. */
export function aucOf(sorted: Uint32Array): number {
  const seen = { positives: 0, negatives: 0, wins: 0 };
  eachTie(sorted, (_, positives, negatives) => {
    seen.wins += positives * (seen.negatives + negatives / 2);
    seen.positives += positives;
    seen.negatives += negatives;
  });
  return seen.positives === 0 || seen.negatives === 0 ? Number.NaN : seen.wins / (seen.positives * seen.negatives);
}

/**
 * Keys by the value of a column: bucket `code` is sorted and holds the keys of the rows with that code; rows with code −1 are in
 * none.
 */
export function buckets(keys: Uint32Array, codes: Int32Array, bucketCount: number): Uint32Array[] {
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
  return Array.from({ length: bucketCount }, (_, code) => grouped.subarray(starts[code], starts[code + 1]).sort());
}

/** Mean AUC over the groups that have both labels, weighted by their rows (Zhu et al. 2017); NaN without such a group. */
export function groupedAuc(groups: readonly Uint32Array[]): number {
  let rows = 0;
  let sum = 0;
  for (const group of groups) {
    const auc = aucOf(group);
    if (Number.isNaN(auc)) continue;
    rows += group.length;
    sum += group.length * auc;
  }
  return rows === 0 ? Number.NaN : sum / rows;
}
