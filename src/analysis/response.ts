import { mul, reduceSum, reshape, slice, sub, transpose } from '../compute/program.ts';
import { copiesOf, rowsWith } from '../data/batches/copies.ts';
import type { Encoded } from '../data/batches/string-table.ts';
import type { FeatureBinding } from '../data/manifest/manifest.ts';
import type { Analysis } from './analysis.ts';
import { onCopies } from './attributions/inputs.ts';
import { firstNotFinite, firstOf, type NotFinite, notFiniteIn } from './not-finite.ts';
import { type Comoments, emptyComoments, fromShiftedSums, mergeComoments } from './sums/comoments.ts';
import { type OutputTarget, targetOf } from './target.ts';

export interface ResponseSpec {
  /** Position in the list of features. */
  readonly feature: number;
  readonly target: OutputTarget;
  /** What the feature is set to, as the model takes it: after vocabulary and transforms. */
  readonly values: readonly Encoded[];
}

/** For each of the values: the target over rows, with the feature set to it on all of them. */
export interface ResponseResult {
  readonly rowCount: number;
  readonly mean: Float64Array;
  readonly standardDeviation: Float64Array;
  /** The first value with which the target is infinite or NaN on a row. */
  readonly notFinite: NotFinite | null;
}

interface ResponseState {
  readonly targets: Comoments;
  readonly notFinite: NotFinite | null;
}

/** Partial dependence (Friedman 2001): a copy of the batch for each value, all else as it is. */
export const response: Analysis<ResponseSpec, ResponseState, ResponseResult> = {
  kind: 'fold',
  name: 'response',
  version: 3,
  start: ({ values }) => ({ targets: emptyComoments(values.length), notFinite: null }),
  program({ target, values }, subject) {
    const count = values.length;
    const byRow = transpose(reshape(targetOf(subject, target), [count, -1]), [1, 0]);
    const shift = slice(byRow, 0, 0, 1);
    const shifted = sub(byRow, shift);
    const sums = { sums: reduceSum(shifted, [0]), squares: reduceSum(mul(shifted, shifted), [0]) };
    return { outputs: { shift, ...sums, notFinite: firstNotFinite(byRow, count) }, ...onCopies(count, subject) };
  },
  inputs(_, batch, { feature, values }, { features }) {
    const other = rowsWith(values, features[feature] as FeatureBinding, batch);
    return copiesOf(
      batch,
      features,
      values.map((_, at) => ({ replaced: () => [feature], other, otherRow: () => at })),
    );
  },
  fold(state, outputs, { rowCount, index }) {
    const figures = (name: string) => Float64Array.from(outputs[name]?.data as Float32Array);
    const shiftX = figures('shift');
    const targets = fromShiftedSums({
      count: rowCount,
      shiftY: 0,
      sumY: 0,
      sumYY: 0,
      shiftX,
      sumX: figures('sums'),
      sumXX: figures('squares'),
      sumXY: new Float64Array(shiftX.length),
    });
    return merge(state, { targets, notFinite: notFiniteIn(outputs, 'notFinite', index) });
  },
  merge,
  finish: ({ targets: { count, meanX, squaresX }, notFinite }) => ({
    rowCount: count,
    mean: meanX,
    standardDeviation: squaresX.map((squares) => Math.sqrt(squares / count)),
    notFinite,
  }),
};

function merge(a: ResponseState, b: ResponseState): ResponseState {
  return { targets: mergeComoments(a.targets, b.targets), notFinite: firstOf(a.notFinite, b.notFinite) };
}
