import {
  add,
  concat,
  type Expression,
  matmul,
  mul,
  reduceSum,
  reshape,
  row,
  scalar,
  sub,
} from '../../compute/program.ts';
import type { Analysis, Outputs, Subject } from '../analysis.ts';
import { scoreOf } from '../score.ts';
import { type Comoments, correlations, emptyComoments, fromShiftedSums, mergeComoments } from '../sums/comoments.ts';
import { assertObserved, isOfElements } from './row-axis.ts';
import { countOf, type LayerSpec, layerOf, nearMean, observations, onesOf, unitsLast } from './units.ts';

/** A layer's neurons over rows: what §2 of Guo et al. 2018 calls neuron status. Every array has one entry a unit. */
export interface MomentsResult {
  /** Rows, times positions where the layer has them; elements of lists where it has these instead of rows. */
  readonly observationCount: number;
  readonly mean: Float64Array;
  /** Dividing by the number of observations; exactly 0 for a unit that is constant, and for no other. */
  readonly standardDeviation: Float64Array;
  /** NaN without such rows. */
  readonly meanWhenPositive: Float64Array;
  readonly meanWhenNegative: Float64Array;
  /** Pearson; NaN where undefined. */
  readonly correlationWithLabel: Float64Array;
  readonly correlationWithScore: Float64Array;
}

interface MomentsState {
  /** Over all observations, y = the score. */
  withScore: Comoments;
  /** Over observations of labelled rows, y = the label. */
  withLabel: Comoments;
}

/**
 * Sums over a batch are taken inside the graph, in float32, as products with a few row vectors: what leaves the executor is a few
 * numbers a unit, which are merged in float64. Units are shifted first, and so are their squares: what is added up is about as often
 * above zero as below, and float32 loses nothing to sums that grow.
 */
export const moments: Analysis<LayerSpec, MomentsState, MomentsResult> = {
  kind: 'fold',
  name: 'moments',
  version: 5,
  program: (spec, subject) => ({ outputs: batchSums(spec, subject) }),
  start(spec, subject) {
    const { units } = layerOf(spec, subject);
    return { withScore: emptyComoments(units), withLabel: emptyComoments(units) };
  },
  fold: (state, outputs) => mergeStates(state, stateOfBatch(outputs)),
  merge: mergeStates,
  finish({ withScore, withLabel }) {
    assertObserved(withScore.count);
    return {
      observationCount: withScore.count,
      mean: withScore.meanX,
      standardDeviation: withScore.squaresX.map((squares) => Math.sqrt(squares / withScore.count)),
      ...meansByLabel(withLabel),
      correlationWithLabel: correlations(withLabel),
      correlationWithScore: correlations(withScore),
    };
  },
};

function batchSums(spec: LayerSpec, subject: Subject): Record<string, Expression> {
  const layer = layerOf(spec, subject);
  const { values, positionAxes } = unitsLast(layer);
  const overPositions = (x: Expression): Expression => (positionAxes.length === 0 ? x : reduceSum(x, positionAxes));
  const shift = nearMean(values, positionAxes);
  const shifted = sub(values, shift);
  const squares = mul(shifted, shifted);
  const squareShift = nearMean(squares, positionAxes);
  const { ones, labelled, label, score } = isOfElements(layer, subject) ? ofElements(values) : ofRows(subject);
  const scoreShift = nearMean(score);
  const shiftedScore = sub(score, scoreShift);
  return {
    shift,
    /** [4, units]: Σ x, Σ labelled·x, Σ label·x, Σ score·x */
    sums: matmul(stack([ones, labelled, label, shiftedScore]), overPositions(shifted)),
    squareShift,
    /** [2, units]: Σ x², Σ labelled·x², each x² less the shift of squares */
    squares: matmul(stack([ones, labelled]), overPositions(sub(squares, squareShift))),
    scoreShift,
    /** [5]: of rows, of labelled ones, of positives; Σ score, Σ score² */
    rowSums: reduceSum(stack([ones, labelled, label, shiftedScore, mul(shiftedScore, shiftedScore)]), [1]),
    ...(positionAxes.length === 0 ? {} : { observationCount: countOf(observations(layer)) }),
  };
}

/** What units are compared with, [rows] each. */
const ofRows = (subject: Subject) => ({
  ones: add(mul(row('labelled'), scalar(0)), scalar(1)),
  labelled: row('labelled'),
  label: row('label'),
  score: scoreOf(subject),
});

/** The elements of lists are counted, and compared with nothing: a label and a score are a row's. */
function ofElements(values: Expression) {
  const ones = reshape(onesOf(values), [-1]);
  const nothing = mul(ones, scalar(0));
  return { ones, labelled: nothing, label: nothing, score: nothing };
}

/** Vectors of [rows] as the rows of one matrix. */
const stack = (vectors: readonly Expression[]): Expression =>
  concat(
    vectors.map((vector) => reshape(vector, [1, -1])),
    0,
  );

function stateOfBatch(outputs: Outputs): MomentsState {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const shiftX = vector('shift');
  const units = shiftX.length;
  const sums = vector('sums');
  const squares = vector('squares');
  const squareShift = vector('squareShift');
  const squaresOf = (at: number, count: number): Float64Array =>
    line(squares, at).map((sum, unit) => sum + count * (squareShift[unit] as number));
  const line = (matrix: Float64Array, at: number): Float64Array => matrix.subarray(at * units, (at + 1) * units);
  const perRow = vector('rowSums');
  const positions =
    outputs.observationCount === undefined ? 1 : (vector('observationCount')[0] as number) / (perRow[0] as number);
  const [rowCount, labelledCount, positiveCount, scoreSum, scoreSquares] = perRow.map(
    (sum) => sum * positions,
  ) as unknown as [number, number, number, number, number];
  return {
    withScore: fromShiftedSums({
      count: rowCount,
      shiftY: vector('scoreShift')[0] as number,
      sumY: scoreSum,
      sumYY: scoreSquares,
      shiftX,
      sumX: line(sums, 0),
      sumXX: squaresOf(0, rowCount),
      sumXY: line(sums, 3),
    }),
    withLabel: fromShiftedSums({
      count: labelledCount,
      shiftY: 0,
      sumY: positiveCount,
      sumYY: positiveCount,
      shiftX,
      sumX: line(sums, 1),
      sumXX: squaresOf(1, labelledCount),
      sumXY: line(sums, 2),
    }),
  };
}

function mergeStates(a: MomentsState, b: MomentsState): MomentsState {
  return {
    withScore: mergeComoments(a.withScore, b.withScore),
    withLabel: mergeComoments(a.withLabel, b.withLabel),
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
