import { mul, reduceSum, reshape, slice, sub, transpose } from '../compute/program.ts';
import { copiesOf, rowsWith } from '../data/copies.ts';
import type { FeatureBinding } from '../data/manifest.ts';
import type { Encoded } from '../data/numbered-texts.ts';
import type { Analysis } from './analysis.ts';
import { onCopies } from './attributions/inputs.ts';
import { type Comoments, emptyComoments, fromShiftedSums, mergeComoments } from './comoments.ts';
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
}

/** Partial dependence (Friedman 2001): a copy of the batch for each value, all else as it is. */
export const response: Analysis<ResponseSpec, Comoments, ResponseResult> = {
  name: 'response',
  version: 2,
  start: ({ values }) => emptyComoments(values.length),
  program({ target, values }, subject) {
    const count = values.length;
    const byRow = transpose(reshape(targetOf(subject, target), [count, -1]), [1, 0]);
    const shift = slice(byRow, 0, 0, 1);
    const shifted = sub(byRow, shift);
    const sums = { sums: reduceSum(shifted, [0]), squares: reduceSum(mul(shifted, shifted), [0]) };
    return { outputs: { shift, ...sums }, ...onCopies(count, subject) };
  },
  inputs(_, batch, { feature, values }, { features }) {
    const other = rowsWith(values, features[feature] as FeatureBinding, batch);
    return copiesOf(
      batch,
      features,
      values.map((_, at) => ({ replaced: () => [feature], other, otherRow: () => at })),
    );
  },
  fold(state, outputs, { rowCount }) {
    const figures = (name: string) => Float64Array.from(outputs[name]?.data as Float32Array);
    const shiftX = figures('shift');
    return mergeComoments(
      state,
      fromShiftedSums({
        count: rowCount,
        shiftY: 0,
        sumY: 0,
        sumYY: 0,
        shiftX,
        sumX: figures('sums'),
        sumXX: figures('squares'),
        sumXY: new Float64Array(shiftX.length),
      }),
    );
  },
  merge: mergeComoments,
  finish: ({ count, meanX, squaresX }) => ({
    rowCount: count,
    mean: meanX,
    standardDeviation: squaresX.map((squares) => Math.sqrt(squares / count)),
  }),
};
