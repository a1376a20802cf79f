import {
  constant,
  type Expression,
  matmul,
  reduceMax,
  reduceMean,
  reduceMin,
  sub,
  transpose,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import { analysisFailed, badUserInput } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import type { Analysis, Outputs } from '../analysis.ts';
import { addProducts, type CrossProducts, emptyProducts, summedRows, type UnitMeans } from '../sums/cross-products.ts';
import { spectrumOf } from '../sums/symmetric.ts';
import { type LayerSpec, layerOf, meansOfRows, nearMean } from '../units/units.ts';
import { assertShown, joined, type Points, type ProjectionResult, pointOutputs, pointsOf } from './points.ts';

export interface PcaSpec extends LayerSpec {
  readonly components: number;
}

interface PcaState {
  readonly components: number;
  readonly products: CrossProducts;
  /** Of the second sweep. */
  readonly axes: Axes | null;
  readonly points: readonly Points[];
}

interface Axes {
  readonly mean: Float64Array;
  /** [units, components] */
  readonly directions: Float64Array;
  readonly explainedVariance: Float64Array;
}

/**
 * Principal components of a layer's activations (of the mean over positions, where it has them): the first sweep sums their
 * covariance, the second takes every row's coordinates. A component points to where its loading of largest absolute value, the
 * first of equals, is positive.
 */
export const pca: Analysis<PcaSpec, PcaState, ProjectionResult> = {
  kind: 'fold',
  name: 'pca',
  version: 3,
  start(spec, subject) {
    const { units } = layerOf(spec, subject);
    if (units > analysisLimits.spectrumSize)
      throw badUserInput(
        'layer',
        `The layer “${spec.layer}” has ${units} units; principal components are computed for at most ${analysisLimits.spectrumSize}.`,
      );
    return { components: spec.components, products: emptyProducts(units, units), axes: null, points: [] };
  },
  program(spec, subject, { axes }) {
    const values = meansOfRows(layerOf(spec, subject));
    if (axes === null) return { outputs: momentsOf(values), rowsAtOnce: summedRows };
    return { outputs: pointOutputs(projected(values, axes), subject) };
  },
  fold(state, outputs, batch) {
    if (state.axes !== null) return { ...state, points: [...state.points, pointsOf(outputs, batch, state.components)] };
    const products = addProducts(state.products, productsOf(outputs, batch.rowCount));
    assertShown(products.count, analysisLimits.projectedRows, 'PCA');
    return { ...state, products };
  },
  merge: (a, b) =>
    a.axes === null
      ? { ...a, products: addProducts(structuredClone(a.products), b.products) }
      : { ...a, points: [...a.points, ...b.points] },
  again: (state) => (state.axes === null ? { ...state, axes: axesOf(state) } : undefined),
  sweepsAfter: ({ axes }) => (axes === null ? 1 : 0),
  finish({ components, axes, points }) {
    const { values: coordinates, ...rest } = joined(points);
    return { ...rest, components, coordinates, explainedVariance: axes?.explainedVariance ?? null };
  },
};

/** The mean is shift + drift, added in float64: a sum in float32 of numbers far from zero would lose digits of it. */
function momentsOf(values: Expression): Record<string, Expression> {
  const shift = nearMean(values);
  const shifted = sub(values, shift);
  const drift = reduceMean(shifted, [0]);
  const centred = sub(shifted, drift);
  return {
    shift,
    drift,
    minimum: reduceMin(values, [0]),
    maximum: reduceMax(values, [0]),
    products: matmul(transpose(centred, [1, 0]), centred),
  };
}

function productsOf(outputs: Outputs, count: number): CrossProducts {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const drift = vector('drift');
  const mean = vector('shift').map((shift, unit) => shift + (drift[unit] as number));
  const means = (): UnitMeans => ({ mean: mean.slice(), minimum: vector('minimum'), maximum: vector('maximum') });
  return { count, a: means(), b: means(), products: vector('products') };
}

function projected(values: Expression, { mean, directions }: Axes): Expression {
  const units = mean.length;
  const centred = sub(values, constant(float32([units], mean)));
  return matmul(centred, constant(float32([units, directions.length / units], directions)));
}

/** Throws ANALYSIS_FAILED for activations that are not finite: they have no directions. */
function axesOf({ components, products: { a, products } }: PcaState): Axes {
  if (!products.every(Number.isFinite))
    throw analysisFailed(
      'A unit of this layer is infinite, NaN, or too large to be squared on some row; its rows cannot be projected.',
    );
  const units = a.mean.length;
  const isConstant = (unit: number): boolean => a.minimum[unit] === a.maximum[unit];
  const exact = products.map((value, at) => (isConstant(Math.floor(at / units)) || isConstant(at % units) ? 0 : value));
  const { values, vectors } = spectrumOf(exact, units);
  const total = exact.reduce((sum, value, at) => (at % (units + 1) === 0 ? sum + value : sum), 0);
  const chosen = vectors.slice(0, components).map(pointed);
  return {
    mean: a.mean,
    directions: Float64Array.from(
      { length: units * components },
      (_, at) => chosen[at % components]?.[Math.floor(at / components)] ?? 0,
    ),
    explainedVariance: Float64Array.from(values.slice(0, components), (value) => Math.max(0, value) / total),
  };
}

function pointed(vector: readonly number[]): number[] {
  const largest = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return vector.map((value) => (largest < 0 ? -value : value));
}
