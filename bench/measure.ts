/** Times of two sides that were measured in turns, so that whatever else the machine does meets both. */
export interface Comparison {
  readonly oursMs: number;
  readonly againstMs: number;
  /** Ours to the other's: the median of the rounds' ratios. */
  readonly ratio: number;
}

type Side = () => Promise<unknown>;

export const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;

export async function timed(side: Side): Promise<number> {
  const startMs = performance.now();
  await side();
  return performance.now() - startMs;
}

/** Medians; the first round of each side warms up and is not counted. */
export async function compared(ours: Side, against: Side, rounds: number): Promise<Comparison> {
  const pairs: [number, number][] = [];
  for (let round = 0; round <= rounds; round++) {
    const pair: [number, number] = [await timed(ours), await timed(against)];
    if (round > 0) pairs.push(pair);
  }
  return {
    oursMs: median(pairs.map(([mine]) => mine)),
    againstMs: median(pairs.map(([, other]) => other)),
    ratio: median(pairs.map(([mine, other]) => mine / other)),
  };
}
