import { concat, matmul, reshape, sub, transpose } from '../compute/program.ts';
import { badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import type { Analysis, Outputs } from './analysis.ts';
import { countOf, type LayerSpec, layerOf, nearMean, onesOf, unitsLast } from './units.ts';

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
}

/**
 * Shifted near each batch's own mean inside the graph, where the Gram product is a matrix product of float32, and sums are its last
 * column; centred and merged in float64 (Chan, Golub & LeVeque 1983). Nothing is left of a constant unit by the shift. Throws
 * BAD_USER_INPUT for layers too wide for a matrix of all pairs.
 */
export const covariance: Analysis<LayerSpec, CovarianceState, CovarianceResult> = {
  name: 'covariance',
  version: 3,
  program(spec, subject) {
    const layer = layerOf(spec, subject);
    const { values, positionAxes } = unitsLast(layer);
    const shift = nearMean(values, positionAxes);
    const shifted = reshape(sub(values, shift), [-1, layer.units]);
    return {
      outputs: {
        count: countOf(shifted),
        shift,
        /** [units, units + 1]: products of pairs, then sums. */
        products: matmul(transpose(shifted, [1, 0]), concat([shifted, onesOf(shifted)], 1)),
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
    return { count: 0, mean: new Float64Array(units), products: new Float64Array(units * units) };
  },
  fold: (state, outputs) => add(state, stateOfBatch(outputs)),
  merge: (a, b) => add(structuredClone(a), b),
  finish: ({ count, mean, products }) => ({
    observationCount: count,
    units: mean.length,
    mean,
    covariance: products.map((product) => product / count),
  }),
};

function stateOfBatch(outputs: Outputs): CovarianceState {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const count = vector('count')[0] as number;
  const shift = vector('shift');
  const units = shift.length;
  const given = vector('products');
  const sum = (unit: number): number => given[unit * (units + 1) + units] as number;
  const products = new Float64Array(units * units);
  for (let i = 0; i < units; i++)
    for (let j = 0; j < units; j++)
      products[i * units + j] = (given[i * (units + 1) + j] as number) - (sum(i) * sum(j)) / count;
  return { count, mean: shift.map((own, unit) => own + sum(unit) / count), products };
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
