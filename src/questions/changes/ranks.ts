/** Ranks from 1, those of equal values averaged. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Array<number>(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number]) to++;
    for (let at = from; at <= to; at++) ranks[order[at] as number] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

/** Rank correlation of two lists; null with fewer than two values, and where either is constant. */
export function spearman(a: readonly number[], b: readonly number[]): number | null {
  const [x, y] = [ranksOf(a), ranksOf(b)];
  const centre = (a.length + 1) / 2;
  const product = (p: readonly number[], q: readonly number[]): number =>
    p.reduce((sum, rank, at) => sum + (rank - centre) * ((q[at] as number) - centre), 0);
  const scale = Math.sqrt(product(x, x) * product(y, y));
  return scale > 0 ? Math.max(-1, Math.min(1, product(x, y) / scale)) : null;
}

/**
 * Normalised discounted cumulative gain of the order that `scores` give, with `gains` (Järvelin & Kekäläinen 2002): the sum of
 * gain / log₂(place + 1) over that of the best order. Equal scores share their places. null where no gain is above zero.
 */
export function ndcg(gains: readonly number[], scores: readonly number[]): number | null {
  const best = discounted(gains, gains);
  return best > 0 ? discounted(gains, scores) / best : null;
}

function discounted(gains: readonly number[], scores: readonly number[]): number {
  const order = scores.map((_, at) => at).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  let sum = 0;
  for (let from = 0; from < order.length; ) {
    let [to, gain, discount] = [from, 0, 0];
    do {
      gain += gains[order[to] as number] as number;
      discount += 1 / Math.log2(to + 2);
      to++;
    } while (to < order.length && scores[order[to] as number] === scores[order[from] as number]);
    sum += (gain / (to - from)) * discount;
    from = to;
  }
  return sum;
}
