import { addCentred } from './gram.ts';

/** Rows that are summed in float32 before float64 goes on: of 4,096, sums would be wrong by some 1e-6 of the largest. */
export const summedRows = 512;

/** Means, ranges and products of the units of two layers over the same observations, in float64. */
export interface CrossProducts {
  count: number;
  readonly a: UnitMeans;
  readonly b: UnitMeans;
  /** [units of a, units of b]: Σ (a − ā)(b − b̄)ᵀ */
  readonly products: Float64Array;
}

/** Of the units of a layer. */
export interface UnitMeans {
  readonly mean: Float64Array;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
}

const emptyMeans = (units: number): UnitMeans => ({
  mean: new Float64Array(units),
  minimum: new Float64Array(units).fill(Number.POSITIVE_INFINITY),
  maximum: new Float64Array(units).fill(Number.NEGATIVE_INFINITY),
});

export const emptyProducts = (a: number, b: number): CrossProducts => ({
  count: 0,
  a: emptyMeans(a),
  b: emptyMeans(b),
  products: new Float64Array(a * b),
});

/** Adds b to a, in place: matrices of all pairs are not copied for every batch. */
export function addProducts(a: CrossProducts, b: CrossProducts): CrossProducts {
  const count = a.count + b.count;
  if (count === 0) return a;
  const weight = (a.count * b.count) / count;
  const [stepA, stepB] = [stepOf(a.a, b.a), stepOf(a.b, b.b)];
  addCentred(a.products, b.products, stepA, stepB, weight);
  const share = b.count / count;
  widen(a.a, b.a, stepA, share);
  widen(a.b, b.b, stepB, share);
  a.count = count;
  return a;
}

const stepOf = (a: UnitMeans, b: UnitMeans): Float64Array =>
  b.mean.map((mean, unit) => mean - (a.mean[unit] as number));

function widen(a: UnitMeans, b: UnitMeans, step: Float64Array, share: number): void {
  for (let unit = 0; unit < step.length; unit++) {
    a.mean[unit] = (a.mean[unit] as number) + (step[unit] as number) * share;
    a.minimum[unit] = Math.min(a.minimum[unit] as number, b.minimum[unit] as number);
    a.maximum[unit] = Math.max(a.maximum[unit] as number, b.maximum[unit] as number);
  }
}

/** Squared Frobenius norm of the products; units that are constant have none, whatever rounding says. */
export function squaredNorm({ a, b, products }: CrossProducts): number {
  const isConstant = ({ minimum, maximum }: UnitMeans): Uint8Array =>
    Uint8Array.from(minimum, (low, unit) => Number(low === maximum[unit]));
  const [constantA, constantB] = [isConstant(a), isConstant(b)];
  const width = constantB.length;
  let sum = 0;
  for (let i = 0; i < constantA.length; i++) {
    if (constantA[i] === 1) continue;
    for (let j = 0, at = i * width; j < width; j++, at++) if (constantB[j] === 0) sum += (products[at] as number) ** 2;
  }
  return sum;
}
