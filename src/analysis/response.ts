import { takesTexts } from '../compute/graph.ts';
import {
  cast,
  concat,
  constant,
  type Expression,
  mul,
  parameter,
  programType,
  reduceSum,
  reshape,
  slice,
  sub,
  tensor,
  transpose,
} from '../compute/program.ts';
import { int64 } from '../compute/tensor.ts';
import { type Encoded, numbersIn } from '../data/numbered-texts.ts';
import type { Analysis, Values } from './analysis.ts';
import { repeated } from './attributions/copies.ts';
import { placesOf, programTensor } from './attributions/inputs.ts';
import { onesPerRow } from './attributions/positions.ts';
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
  program({ feature, target, values }, subject) {
    const { input, index } = subject.features[feature] as (typeof subject.features)[number];
    const overrides = Object.fromEntries(
      subject.graph.inputs.map(({ name }) => [name, repeated(tensor(name), values.length)]),
    );
    const { dims, places } = placesOf(input, subject);
    const flat = reshape(overrides[input] as Expression, [-1, places.length]);
    const dtype = subject.graph.inputs.find(({ name }) => name === input)?.dtype;
    const type = programType(dtype ?? 'float32');
    const perCopy = takesTexts(subject.graph, input)
      ? parameter('values', 'int64', [values.length, 1])
      : constant(programTensor([values.length, 1], values as readonly number[], type === 'bool' ? 'float32' : dtype));
    const ones = cast(reshape(onesPerRow(), [1, -1]), type === 'bool' ? 'float32' : type);
    const column = cast(reshape(mul(perCopy, ones), [-1, 1]), type);
    const parts = [slice(flat, 1, 0, index), column, slice(flat, 1, index + 1, places.length)];
    overrides[input] = reshape(places.length === 1 ? column : concat(parts, 1), [-1, ...dims]);
    const byRow = transpose(reshape(targetOf(subject, target), [values.length, -1]), [1, 0]);
    const shift = slice(byRow, 0, 0, 1);
    const shifted = sub(byRow, shift);
    const sums = { sums: reduceSum(shifted, [0]), squares: reduceSum(mul(shifted, shifted), [0]) };
    return { outputs: { shift, ...sums }, overrides, rowsAtOnce: Math.max(1, Math.floor(4096 / values.length)) };
  },
  /** Batches number texts each in its own way. */
  parameters(_, { texts }, { feature, values }, { graph, features }): Values {
    const { input } = features[feature] as (typeof features)[number];
    return takesTexts(graph, input) ? { values: int64([values.length, 1], numbersIn(values, texts)) } : {};
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
