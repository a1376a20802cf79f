import type { LayerGraph } from '../compute/graph.ts';
import {
  add,
  cast,
  concat,
  type Expression,
  equal,
  greater,
  less,
  matmul,
  mul,
  not,
  or,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceSum,
  reshape,
  row,
  scalar,
  slice,
  sub,
  tensor,
  transpose,
} from '../compute/program.ts';
import { badUserInput } from '../errors.ts';
import type { Analysis, Outputs, Subject } from './analysis.ts';
import { type Comoments, correlations, emptyComoments, fromShiftedSums, mergeComoments } from './comoments.ts';
import { scoreOf } from './score.ts';

/** A layer's neurons over rows: what §2 of Guo et al. 2018 calls neuron status. Every array has one entry a unit. */
export interface MomentsResult {
  /** Rows, times positions where the layer has them. */
  readonly observationCount: number;
  readonly mean: Float64Array;
  /** Dividing by the number of observations. */
  readonly standardDeviation: Float64Array;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
  readonly zeroCount: Float64Array;
  /** Within 1% of the range from a bound of the activation; 0 where it has none or one. */
  readonly saturatedCount: Float64Array;
  /** NaN without such rows. */
  readonly meanWhenPositive: Float64Array;
  readonly meanWhenNegative: Float64Array;
  /** Pearson; NaN where undefined. */
  readonly correlationWithLabel: Float64Array;
  readonly correlationWithScore: Float64Array;
}

export interface MomentsSpec {
  readonly layer: string;
}

interface MomentsState {
  /** Over all observations, y = the score. */
  withScore: Comoments;
  /** Over observations of labelled rows, y = the label. */
  withLabel: Comoments;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
  readonly zeroCount: Float64Array;
  readonly saturatedCount: Float64Array;
}

/**
 * Units are centred on the batch's own mean inside the graph, so that float32 sums over a batch lose nothing to a large mean;
 * what leaves the executor is a few numbers a unit, which are merged in float64.
 */
export const moments: Analysis<MomentsSpec, MomentsState, MomentsResult> = {
  name: 'moments',
  version: 1,
  program: (spec, subject) => ({ outputs: batchSums(layerOf(spec, subject), subject) }),
  start: (spec, subject) => emptyState(layerOf(spec, subject).units),
  fold: (state, outputs) => mergeStates(state, stateOfBatch(outputs)),
  merge: mergeStates,
  finish({ withScore, withLabel, ...extremes }) {
    // Rounding leaves a constant unit a tiny variance: its extremes tell what it is.
    const constant = (unit: number): boolean => extremes.minimum[unit] === extremes.maximum[unit];
    const unlessConstant = (values: Float64Array, otherwise: number): Float64Array =>
      values.map((value, unit) => (constant(unit) ? otherwise : value));
    return {
      observationCount: withScore.count,
      mean: withScore.meanX,
      standardDeviation: unlessConstant(
        withScore.squaresX.map((squares) => Math.sqrt(squares / withScore.count)),
        0,
      ),
      ...extremes,
      ...meansByLabel(withLabel),
      correlationWithLabel: unlessConstant(correlations(withLabel), Number.NaN),
      correlationWithScore: unlessConstant(correlations(withScore), Number.NaN),
    };
  },
};

function layerOf({ layer }: MomentsSpec, { graph }: Subject): LayerGraph {
  const found = graph.layers.find(({ name }) => name === layer);
  if (found === undefined) throw badUserInput('layer', `The model has no layer “${layer}”.`);
  return found;
}

/** What leaves the executor for each batch: a few numbers a unit. */
function batchSums(layer: LayerGraph, subject: Subject): Record<string, Expression> {
  const { values, positionAxes } = unitsLast(layer);
  const observationAxes = [0, ...positionAxes];
  const overPositions = (x: Expression): Expression => (positionAxes.length === 0 ? x : reduceSum(x, positionAxes));
  const count = (x: Expression): Expression => reduceSum(cast(x, 'float32'), observationAxes);
  const mean = reduceMean(values, observationAxes);
  const centred = sub(values, mean);
  const score = scoreOf(subject);
  const scoreMean = reduceMean(score, [0]);
  const shiftedScore = sub(score, scoreMean);
  const ones = add(mul(row('labelled'), scalar(0)), scalar(1));
  const isZero = equal(values, scalar(0));
  const isSaturated = saturation(values, layer.activation);
  return {
    mean,
    minimum: reduceMin(values, observationAxes),
    maximum: reduceMax(values, observationAxes),
    zeroCount: count(isZero),
    ...(isSaturated === null ? {} : { saturatedCount: count(isSaturated) }),
    ...(positionAxes.length === 0 ? {} : { positionCount: positionsOfFirstRow(isZero, positionAxes) }),
    /** [4, units]: Σ c, Σ labelled·c, Σ label·c, Σ score·c */
    sums: matmul(stack([ones, row('labelled'), row('label'), shiftedScore]), overPositions(centred)),
    /** [2, units]: Σ c², Σ labelled·c² */
    squares: matmul(stack([ones, row('labelled')]), overPositions(mul(centred, centred))),
    scoreMean,
    /** [5]: of rows, of labelled ones, of positives; Σ score, Σ score² */
    rowSums: reduceSum(
      stack([ones, row('labelled'), row('label'), shiftedScore, mul(shiftedScore, shiftedScore)]),
      [1],
    ),
  };
}

/** The layer's output with its units on the last axis, and its axes between the rows' and the units'. */
function unitsLast({ output, unitAxis }: LayerGraph): { values: Expression; positionAxes: number[] } {
  const values = cast(tensor(output.name), 'float32');
  const rank = output.shape.length;
  if (rank === 1) return { values: reshape(values, [-1, 1]), positionAxes: [] };
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const order = [...axes.filter((axis) => axis !== unitAxis), unitAxis];
  return {
    values: unitAxis === rank - 1 ? values : transpose(values, order),
    positionAxes: axes.slice(1, -1),
  };
}

/** Every row of a batch has the same number of positions. */
const positionsOfFirstRow = (mask: Expression, positionAxes: readonly number[]): Expression => {
  const first = slice(slice(mask, 0, 0, 1), positionAxes.length + 1, 0, 1);
  return reduceSum(cast(or(first, not(first)), 'float32'));
};

/** Vectors of [rows] as the rows of one matrix. */
const stack = (vectors: readonly Expression[]): Expression =>
  concat(
    vectors.map((vector) => reshape(vector, [1, -1])),
    0,
  );

/** Activations with two bounds; the others cannot saturate. */
const bounds: Readonly<Record<string, readonly [number, number]>> = {
  sigmoid: [0, 1],
  hardsigmoid: [0, 1],
  softmax: [0, 1],
  tanh: [-1, 1],
  softsign: [-1, 1],
};

/** Within 1% of the range from a bound. */
function saturation(values: Expression, activation: string | null): Expression | null {
  const range = bounds[activation ?? ''];
  if (range === undefined) return null;
  const [low, high] = range;
  const margin = (high - low) / 100;
  return or(less(values, scalar(low + margin)), greater(values, scalar(high - margin)));
}

function emptyState(units: number): MomentsState {
  return {
    withScore: emptyComoments(units),
    withLabel: emptyComoments(units),
    minimum: new Float64Array(units).fill(Number.POSITIVE_INFINITY),
    maximum: new Float64Array(units).fill(Number.NEGATIVE_INFINITY),
    zeroCount: new Float64Array(units),
    saturatedCount: new Float64Array(units),
  };
}

function stateOfBatch(outputs: Outputs): MomentsState {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const mean = vector('mean');
  const units = mean.length;
  const sums = vector('sums');
  const squares = vector('squares');
  const line = (matrix: Float64Array, at: number): Float64Array => matrix.subarray(at * units, (at + 1) * units);
  const positions = outputs.positionCount === undefined ? 1 : (vector('positionCount')[0] as number);
  const [rowCount, labelledCount, positiveCount, scoreSum, scoreSquares] = vector('rowSums').map(
    (sum) => sum * positions,
  ) as unknown as [number, number, number, number, number];
  return {
    withScore: fromShiftedSums({
      count: rowCount,
      shiftY: vector('scoreMean')[0] as number,
      sumY: scoreSum,
      sumYY: scoreSquares,
      shiftX: mean,
      sumX: line(sums, 0),
      sumXX: line(squares, 0),
      sumXY: line(sums, 3),
    }),
    withLabel: fromShiftedSums({
      count: labelledCount,
      shiftY: 0,
      sumY: positiveCount,
      sumYY: positiveCount,
      shiftX: mean,
      sumX: line(sums, 1),
      sumXX: line(squares, 1),
      sumXY: line(sums, 2),
    }),
    minimum: vector('minimum'),
    maximum: vector('maximum'),
    zeroCount: vector('zeroCount'),
    saturatedCount: outputs.saturatedCount === undefined ? new Float64Array(units) : vector('saturatedCount'),
  };
}

function mergeStates(a: MomentsState, b: MomentsState): MomentsState {
  const both = (name: 'minimum' | 'maximum' | 'zeroCount' | 'saturatedCount', join: (a: number, b: number) => number) =>
    a[name].map((value, unit) => join(value, b[name][unit] as number));
  const sum = (x: number, y: number): number => x + y;
  return {
    withScore: mergeComoments(a.withScore, b.withScore),
    withLabel: mergeComoments(a.withLabel, b.withLabel),
    minimum: both('minimum', Math.min),
    maximum: both('maximum', Math.max),
    zeroCount: both('zeroCount', sum),
    saturatedCount: both('saturatedCount', sum),
  };
}

/** From the covariance with a 0/1 label: E[x | y = 1] = x̄ + cov/ȳ and E[x | y = 0] = x̄ − cov/(1 − ȳ). */
function meansByLabel({ count, meanX, meanY, products }: Comoments): {
  meanWhenPositive: Float64Array;
  meanWhenNegative: Float64Array;
} {
  const shifted = (weight: number): Float64Array =>
    meanX.map((mean, unit) => mean + (products[unit] as number) / (count * weight));
  const none = (): Float64Array => new Float64Array(meanX.length).fill(Number.NaN);
  return {
    meanWhenPositive: meanY > 0 ? shifted(meanY) : none(),
    meanWhenNegative: count > 0 && meanY < 1 ? shifted(meanY - 1) : none(),
  };
}
