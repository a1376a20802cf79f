/**
 * Means, variances and covariances of many variables x with one variable y, in float64, streamed: batches are merged by their
 * moments (Chan, Golub & LeVeque 1983), never by E[x²] − E[x]². NaN where nothing was seen.
 */
export interface Comoments {
  count: number;
  meanY: number;
  /** Σ (y − ȳ)² */
  squaresY: number;
  meanX: Float64Array;
  /** Σ (x − x̄)² */
  squaresX: Float64Array;
  /** Σ (x − x̄)(y − ȳ) */
  products: Float64Array;
}

export const emptyComoments = (size: number): Comoments => ({
  count: 0,
  meanY: 0,
  squaresY: 0,
  meanX: new Float64Array(size),
  squaresX: new Float64Array(size),
  products: new Float64Array(size),
});

/** Sums over one batch of `count` pairs, in float32, x and y each shifted by some number near their means. */
export interface ShiftedSums {
  count: number;
  shiftY: number;
  sumY: number;
  sumYY: number;
  shiftX: ArrayLike<number>;
  sumX: ArrayLike<number>;
  sumXX: ArrayLike<number>;
  sumXY: ArrayLike<number>;
}

/** Of sums over a few thousand values in float32, relative: a spread below it is what rounding leaves of none. */
const roundoff = 2 ** -20;

export function fromShiftedSums(sums: ShiftedSums): Comoments {
  const size = sums.shiftX.length;
  const moments = emptyComoments(size);
  if (sums.count === 0) return moments;
  const { count } = sums;
  const driftY = sums.sumY / count;
  moments.count = count;
  moments.meanY = sums.shiftY + driftY;
  moments.squaresY = Math.max(0, sums.sumYY - driftY * sums.sumY);
  for (let unit = 0; unit < size; unit++) {
    const sumX = sums.sumX[unit] as number;
    const driftX = sumX / count;
    moments.meanX[unit] = (sums.shiftX[unit] as number) + driftX;
    const sumXX = sums.sumXX[unit] as number;
    const squares = sumXX - driftX * sumX;
    moments.squaresX[unit] = squares < roundoff * sumXX ? 0 : squares;
    moments.products[unit] = (sums.sumXY[unit] as number) - driftX * sums.sumY;
  }
  return moments;
}

export function mergeComoments(a: Comoments, b: Comoments): Comoments {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const share = b.count / count;
  const weight = a.count * share;
  const stepY = b.meanY - a.meanY;
  const merged = emptyComoments(a.meanX.length);
  merged.count = count;
  merged.meanY = a.meanY + stepY * share;
  merged.squaresY = a.squaresY + b.squaresY + stepY * stepY * weight;
  for (let unit = 0; unit < merged.meanX.length; unit++) {
    const stepX = (b.meanX[unit] as number) - (a.meanX[unit] as number);
    merged.meanX[unit] = (a.meanX[unit] as number) + stepX * share;
    merged.squaresX[unit] = (a.squaresX[unit] as number) + (b.squaresX[unit] as number) + stepX * stepX * weight;
    merged.products[unit] = (a.products[unit] as number) + (b.products[unit] as number) + stepX * stepY * weight;
  }
  return merged;
}

/** Pearson; NaN where either side is constant. */
export const correlations = ({ products, squaresX, squaresY }: Comoments): Float64Array =>
  products.map((product, unit) => {
    const scale = Math.sqrt((squaresX[unit] as number) * squaresY);
    return scale === 0 ? Number.NaN : Math.min(1, Math.max(-1, product / scale));
  });
