import { matmul, reduceMax, reduceMin, reduceSum, reshape, sub, transpose } from '../compute/program.ts';
import { badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import type { Analysis, Outputs } from './analysis.ts';
import { countOf, type LayerSpec, layerOf, nearMean, observations, unitsLast } from './units.ts';

/** How the units of a layer go together, over observations. */
export interface CovarianceResult {
  readonly observationCount: number;
  readonly units: number;
  readonly mean: Float64Array;
  /** [units, units], dividing by the number of observations; exactly 0 for a constant unit. */
  readonly covariance: Float64Array;
}

interface CovarianceState {
  count: number;
  readonly mean: Float64Array;
  /** [units, units]: Σ (x − x̄)(x − x̄)ᵀ */
  readonly products: Float64Array;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
}

/**
 * Shifted near each batch's own mean inside the graph, where the Gram product is a matrix product of float32; centred and merged in
 * float64 (Chan, Golub & LeVeque 1983). Throws BAD_USER_INPUT for layers too wide for a matrix of all pairs.
 */
export const covariance: Analysis<LayerSpec, CovarianceState, CovarianceResult> = {
  name: 'covariance',
  version: 2,
  program(spec, subject) {
    const layer = layerOf(spec, subject);
    const all = observations(layer);
    const { values, positionAxes } = unitsLast(layer);
    const shift = nearMean(values, positionAxes);
    const shifted = reshape(sub(values, shift), [-1, layer.units]);
    return {
      outputs: {
        count: countOf(all),
        shift,
        sums: reduceSum(shifted, [0]),
        products: matmul(transpose(shifted, [1, 0]), shifted),
        minimum: reduceMin(all, [0]),
        maximum: reduceMax(all, [0]),
      },
    };
  },
  start(spec, subject) {
    const { units } = layerOf(spec, subject);
    if (units > analysisLimits.covarianceUnits)
      throw badUserInput(
        'layer',
        `The layer “${spec.layer}” has ${units} units; how they go together is computed for at most ${analysisLimits.covarianceUnits}.`,
      );
    return {
      count: 0,
      mean: new Float64Array(units),
      products: new Float64Array(units * units),
      minimum: new Float64Array(units).fill(Number.POSITIVE_INFINITY),
      maximum: new Float64Array(units).fill(Number.NEGATIVE_INFINITY),
    };
  },
  fold: (state, outputs) => add(state, stateOfBatch(outputs)),
  merge: (a, b) => add(structuredClone(a), b),
  finish({ count, mean, products, minimum, maximum }) {
    const units = mean.length;
    const isConstant = (unit: number): boolean => minimum[unit] === maximum[unit];
    const constant = mean.map((_, unit) => Number(isConstant(unit)));
    return {
      observationCount: count,
      units,
      mean,
      covariance: products.map((product, at) =>
        constant[Math.floor(at / units)] === 1 || constant[at % units] === 1 ? 0 : product / count,
      ),
    };
  },
};

function stateOfBatch(outputs: Outputs): CovarianceState {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const count = vector('count')[0] as number;
  const sums = vector('sums');
  const units = sums.length;
  return {
    count,
    mean: vector('shift').map((shift, unit) => shift + (sums[unit] as number) / count),
    products: vector('products').map(
      (product, at) => product - ((sums[Math.floor(at / units)] as number) * (sums[at % units] as number)) / count,
    ),
    minimum: vector('minimum'),
    maximum: vector('maximum'),
  };
}

/** Adds b to a, in place: a matrix of all pairs is not copied for every batch. */
function add(a: CovarianceState, b: CovarianceState): CovarianceState {
  const units = a.mean.length;
  const count = a.count + b.count;
  const weight = (a.count * b.count) / count;
  const step = b.mean.map((mean, unit) => mean - (a.mean[unit] as number));
  for (let i = 0; i < units; i++) {
    const scaled = (step[i] as number) * weight;
    for (let j = 0, at = i * units; j < units; j++, at++)
      a.products[at] = (a.products[at] as number) + (b.products[at] as number) + scaled * (step[j] as number);
    a.mean[i] = (a.mean[i] as number) + ((step[i] as number) * b.count) / count;
    a.minimum[i] = Math.min(a.minimum[i] as number, b.minimum[i] as number);
    a.maximum[i] = Math.max(a.maximum[i] as number, b.maximum[i] as number);
  }
  a.count = count;
  return a;
}

/** Participation ratio of the spectrum, (Σλ)² / Σλ²: no eigenvalue is needed for it. NaN for a constant layer. */
export function effectiveRank({ units, covariance: matrix }: CovarianceResult): number {
  let trace = 0;
  for (let unit = 0; unit < units; unit++) trace += matrix[unit * (units + 1)] as number;
  return trace ** 2 / matrix.reduce((sum, value) => sum + value * value, 0);
}

/** Pearson between the given units; NaN where one is constant. */
export function correlationsBetween(
  { units, covariance: matrix }: CovarianceResult,
  chosen: readonly number[],
): number[][] {
  const between = (i: number, j: number): number => matrix[i * units + j] as number;
  return chosen.map((i) =>
    chosen.map((j) => {
      const scale = Math.sqrt(between(i, i) * between(j, j));
      return scale === 0 ? Number.NaN : i === j ? 1 : Math.min(1, Math.max(-1, between(i, j) / scale));
    }),
  );
}

/** The units with the largest variance, in unit order; ties by index. */
export function mostVarying({ units, covariance: matrix }: CovarianceResult, count: number): number[] {
  const variance = (unit: number): number => matrix[unit * (units + 1)] as number;
  return Array.from({ length: units }, (_, unit) => unit)
    .sort((a, b) => variance(b) - variance(a) || a - b)
    .slice(0, count)
    .sort((a, b) => a - b);
}
