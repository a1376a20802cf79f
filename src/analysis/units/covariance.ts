import { concat, matmul, reshape, sub, transpose } from '../../compute/program.ts';
import { badUserInput } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import type { Analysis, Outputs } from '../analysis.ts';
import { addGram, emptyGram, type Gram, gramOfSums } from '../sums/gram.ts';
import { assertObserved } from './row-axis.ts';
import { countOf, type LayerSpec, layerOf, nearMean, onesOf, unitsLast } from './units.ts';

/** How the units of a layer go together, over observations. */
export interface CovarianceResult {
  readonly observationCount: number;
  readonly units: number;
  readonly mean: Float64Array;
  /** [units, units], dividing by the number of observations; exactly 0 for a constant unit. */
  readonly covariance: Float64Array;
}

/**
 * Shifted near each batch's own mean inside the graph, where the Gram product is a matrix product of float32, and sums are its last
 * column; centred and merged in float64 (Chan, Golub & LeVeque 1983). Nothing is left of a constant unit by the shift. Throws
 * BAD_USER_INPUT for layers too wide for a matrix of all pairs.
 */
export const covariance: Analysis<LayerSpec, Gram, CovarianceResult> = {
  kind: 'fold',
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
    return emptyGram(units);
  },
  fold: (state, outputs) => addGram(state, gramOfBatch(outputs)),
  merge: (a, b) => addGram(structuredClone(a), b),
  finish({ count, mean, products }) {
    assertObserved(count);
    const covariance = products.map((product) => product / count);
    return { observationCount: count, units: mean.length, mean, covariance };
  },
};

function gramOfBatch(outputs: Outputs): Gram {
  const numbers = (name: string) => outputs[name]?.data as Float32Array;
  return gramOfSums(numbers('products'), numbers('shift'), numbers('count')[0] as number);
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
