import {
  abs,
  add,
  concat,
  type Expression,
  matmul,
  mul,
  reduceMax,
  reduceSum,
  reshape,
  row,
  scalar,
  sub,
} from '../compute/program.ts';
import type { Outputs } from './analysis.ts';
import type { AttributionSpec } from './attributions/method.ts';
import { ofRows } from './attributions/of-rows.ts';
import { firstNotFinite, firstOf, type NotFinite, notFiniteIn } from './not-finite.ts';
import { playersOf } from './players.ts';
import { type Comoments, emptyComoments, fromShiftedSums, mergeComoments } from './sums/comoments.ts';
import { nearMean } from './units/units.ts';

/** Over rows. Players are every feature, then every group (players.ts); every array has one entry a player. */
export interface AttributionResult {
  readonly rowCount: number;
  /** Mean over rows of the L2 norm of the attribution over the player's carriers, and its standard deviation. */
  readonly score: Float64Array;
  readonly scoreDeviation: Float64Array;
  /** NaN without such rows. */
  readonly scoreWhenPositive: Float64Array;
  readonly scoreWhenNegative: Float64Array;
  /** Of the attribution summed over the carriers, with its sign. */
  readonly mean: Float64Array;
  readonly standardDeviation: Float64Array;
  /** Mean target at the baseline; methods that start from one. */
  readonly baselineValue?: number;
  /** Methods that are complete. */
  readonly completeness?: Completeness;
  /** The first player whose attribution is infinite or NaN on a row. */
  readonly notFinite: NotFinite | null;
}

export interface Completeness {
  readonly meanAbsoluteGap: number;
  readonly maxAbsoluteGap: number;
  readonly meanAbsoluteDifference: number;
}

interface AttributionState {
  /** [norms, sums] of every player, over all rows. */
  readonly all: Comoments;
  readonly positive: Comoments;
  readonly negative: Comoments;
  /** Σ f(baseline) */
  readonly baseline: number | null;
  /** Σ |gap|, max |gap|, Σ |f(x) − f(baseline)| */
  readonly completeness: Gaps | null;
  readonly notFinite: NotFinite | null;
}

type Gaps = readonly [gaps: number, largest: number, differences: number];

export const attribution = ofRows<AttributionSpec, AttributionState, AttributionResult>({
  name: 'attribution',
  version: 7,
  outputs: ({ norms, sums, target, baseline, gap }, _, subject) => ({
    ...sumsOver(concat([norms, sums], 1)),
    notFinite: firstNotFinite(concat([norms, sums], 1), 2 * playersOf(subject).length),
    ...(baseline === undefined ? {} : { baselineSum: reduceSum(baseline) }),
    ...(baseline === undefined || gap === undefined
      ? {}
      : {
          gapSum: reduceSum(abs(gap)),
          largestGap: reduceMax(abs(gap)),
          differenceSum: reduceSum(abs(sub(target, baseline))),
        }),
  }),
  start(_, subject) {
    const empty = emptyComoments(2 * playersOf(subject).length);
    return { all: empty, positive: empty, negative: empty, baseline: null, completeness: null, notFinite: null };
  },
  fold: (state, outputs, { index }) => merge(state, stateOfBatch(outputs, index)),
  merge,
  finish: ({ all, positive, negative, baseline, completeness, notFinite }) => {
    const playerCount = all.meanX.length / 2;
    const deviation = all.squaresX.map((squares) => Math.sqrt(squares / all.count));
    const meanOf = ({ count, meanX }: Comoments) =>
      meanX.slice(0, playerCount).map((mean) => (count === 0 ? Number.NaN : mean));
    return {
      rowCount: all.count,
      score: all.meanX.slice(0, playerCount),
      scoreDeviation: deviation.slice(0, playerCount),
      scoreWhenPositive: meanOf(positive),
      scoreWhenNegative: meanOf(negative),
      mean: all.meanX.slice(playerCount),
      standardDeviation: deviation.slice(playerCount),
      ...(baseline === null ? {} : { baselineValue: baseline / all.count }),
      ...(completeness === null ? {} : { completeness: completenessOf(completeness, all.count) }),
      notFinite,
    };
  },
});

const completenessOf = ([gaps, largest, differences]: Gaps, count: number): Completeness => ({
  meanAbsoluteGap: gaps / count,
  maxAbsoluteGap: largest,
  meanAbsoluteDifference: differences / count,
});

/** Sums over rows of the columns of a matrix, shifted by about their means: for all rows, those of label 1 and those of label 0. */
function sumsOver(values: Expression): Record<string, Expression> {
  const shift = nearMean(values);
  const shifted = sub(values, shift);
  const ones = add(mul(row('labelled'), scalar(0)), scalar(1));
  const kinds = [ones, row('label'), sub(row('labelled'), row('label'))].map((kind) => reshape(kind, [1, -1]));
  const rows = concat(kinds, 0);
  return {
    shift,
    counts: reduceSum(rows, [1]),
    sums: matmul(rows, shifted),
    squares: matmul(rows, mul(shifted, shifted)),
  };
}

function stateOfBatch(outputs: Outputs, index: Float64Array): AttributionState {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const figure = (name: string): number => vector(name)[0] as number;
  const shiftX = vector('shift');
  const size = shiftX.length;
  const found = notFiniteIn(outputs, 'notFinite', index);
  const [counts, sums, squares] = [vector('counts'), vector('sums'), vector('squares')];
  const of = (kind: number): Comoments =>
    fromShiftedSums({
      count: counts[kind] as number,
      shiftY: 0,
      sumY: 0,
      sumYY: 0,
      shiftX,
      sumX: sums.subarray(kind * size, (kind + 1) * size),
      sumXX: squares.subarray(kind * size, (kind + 1) * size),
      sumXY: new Float64Array(size),
    });
  return {
    all: of(0),
    positive: of(1),
    negative: of(2),
    baseline: outputs.baselineSum === undefined ? null : figure('baselineSum'),
    completeness:
      outputs.gapSum === undefined ? null : [figure('gapSum'), figure('largestGap'), figure('differenceSum')],
    notFinite: found && { ...found, column: found.column % (size / 2) },
  };
}

function merge(a: AttributionState, b: AttributionState): AttributionState {
  return {
    all: mergeComoments(a.all, b.all),
    positive: mergeComoments(a.positive, b.positive),
    negative: mergeComoments(a.negative, b.negative),
    baseline: a.baseline === null || b.baseline === null ? (a.baseline ?? b.baseline) : a.baseline + b.baseline,
    completeness: mergeGaps(a.completeness, b.completeness),
    notFinite: firstOf(a.notFinite, b.notFinite),
  };
}

const mergeGaps = (a: Gaps | null, b: Gaps | null): Gaps | null =>
  a === null || b === null ? (a ?? b) : [a[0] + b[0], Math.max(a[1], b[1]), a[2] + b[2]];
