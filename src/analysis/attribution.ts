import {
  abs,
  add,
  concat,
  constant,
  type Expression,
  gradient,
  matmul,
  mul,
  type Program,
  reduceMax,
  reduceSum,
  reshape,
  row,
  scalar,
  slice,
  sub,
  tensor,
} from '../compute/program.ts';
import { float32 } from '../compute/tensor.ts';
import { unsupportedByExecutor } from '../errors.ts';
import type { Analysis, Outputs, Subject } from './analysis.ts';
import { byPlayer } from './by-player.ts';
import { type Comoments, emptyComoments, fromShiftedSums, mergeComoments } from './comoments.ts';
import { Copies } from './copies.ts';
import { gaussLegendre } from './gauss-legendre.ts';
import { carriersOfFeatures, playersOf } from './players.ts';
import { type Target, targetOf } from './target.ts';

/** Methods by the gradient, over all carriers of a feature together. */
export const attributionMethods = ['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS'] as const;
export type AttributionMethod = (typeof attributionMethods)[number];

export interface AttributionSpec {
  readonly method: AttributionMethod;
  readonly target: Target;
  /** INTEGRATED_GRADIENTS: Gauss–Legendre nodes. */
  readonly steps?: number;
}

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
  /** Methods with a baseline; undefined for the others. */
  readonly completeness?: Completeness;
}

interface Completeness {
  readonly baselineValue: number;
  readonly meanAbsoluteGap: number;
  readonly maxAbsoluteGap: number;
  readonly meanAbsoluteDifference: number;
}

interface AttributionState {
  /** [norms, sums] of every player, over all rows. */
  readonly all: Comoments;
  readonly positive: Comoments;
  readonly negative: Comoments;
  /** Σ f(baseline), Σ |gap|, max |gap|, Σ |f(x) − f(baseline)| */
  readonly completeness: readonly number[] | null;
}

export const attribution: Analysis<AttributionSpec, AttributionState, AttributionResult> = {
  name: 'attribution',
  version: 1,
  program: (spec, subject) =>
    spec.method === 'INTEGRATED_GRADIENTS' ? alongPath(spec, subject) : atRows(spec, subject),
  start(_, subject) {
    const empty = emptyComoments(2 * playersOf(subject).length);
    return { all: empty, positive: empty, negative: empty, completeness: null };
  },
  fold: (state, outputs) => merge(state, stateOfBatch(outputs)),
  merge,
  finish: ({ all, positive, negative, completeness }) => {
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
      ...(completeness === null ? {} : { completeness: completenessOf(completeness, all.count) }),
    };
  },
};

const completenessOf = ([baseline, gaps, largest, differences]: readonly number[], count: number): Completeness => ({
  baselineValue: (baseline as number) / count,
  meanAbsoluteGap: (gaps as number) / count,
  maxAbsoluteGap: largest as number,
  meanAbsoluteDifference: (differences as number) / count,
});

/** |∂f/∂x| or x · ∂f/∂x (Simonyan et al. 2014; Shrikumar et al. 2016). */
function atRows({ method, target }: AttributionSpec, subject: Subject): Program {
  const f = targetOf(subject, target);
  const attributed = (name: string): Expression => {
    const slope = gradient(f, tensor(name));
    return method === 'SALIENCY' ? abs(slope) : mul(tensor(name), slope);
  };
  const { norms, sums } = byPlayer(subject, carriersOfFeatures(subject), attributed, (name) => tensor(name));
  return { outputs: sumsOver(concat([norms, sums], 1)) };
}

/** (x − b) · ∫ ∂f/∂x along the straight way from the zero baseline b (Sundararajan et al. 2017). */
function alongPath({ target, steps = 50 }: AttributionSpec, subject: Subject): Program {
  const carriers = carriersOfFeatures(subject);
  const { nodes, weights } = gaussLegendre(steps);
  const copies = new Copies(subject, carriers, [...nodes, 0, 1]);
  const f = targetOf(subject, target);
  const weighted = constant(float32([1, copies.count], Float32Array.from([...weights, 0, 0])));
  const dimsOf = (name: string): number[] => staticDims(subject, name);
  const original = (name: string): Expression => copies.one(tensor(name), copies.count - 1, dimsOf(name));
  const attributed = (name: string): Expression => {
    const slopes = reshape(gradient(f, tensor(name)), [copies.count, -1]);
    const baseline = copies.one(tensor(name), copies.count - 2, dimsOf(name));
    const integral = reshape(matmul(weighted, slopes), [-1, ...dimsOf(name)]);
    return mul(sub(original(name), baseline), integral);
  };
  const { norms, sums } = byPlayer(subject, carriers, attributed, original);
  const [atBaseline, atRow] = [copies.count - 2, copies.count - 1].map((at) => copies.one(f, at, [])) as [
    Expression,
    Expression,
  ];
  const difference = sub(atRow, atBaseline);
  const total = reshape(reduceSum(slice(sums, 1, 0, subject.features.length), [1]), [-1]);
  const gap = abs(sub(total, difference));
  return {
    rowsAtOnce: Math.max(1, Math.floor(4096 / copies.count)),
    overrides: copies.overrides(),
    outputs: {
      ...sumsOver(concat([norms, sums], 1)),
      baselineSum: reduceSum(atBaseline),
      gapSum: reduceSum(gap),
      largestGap: reduceMax(gap),
      differenceSum: reduceSum(abs(difference)),
    },
  };
}

function staticDims({ graph }: Subject, name: string): number[] {
  const dims = graph.tensors.find((spec) => spec.name === name)?.shape.slice(1) ?? [];
  if (dims.every((dim) => dim !== null)) return dims as number[];
  throw unsupportedByExecutor(
    `The tensor “${name}” has axes whose sizes are known at run time only; this method needs to know them. Export the model with fixed lengths, or ask for SALIENCY.`,
    { tensor: name },
  );
}

/** Sums over rows of the columns of a matrix, shifted by the first row: for all rows, those of label 1 and those of label 0. */
function sumsOver(values: Expression): Record<string, Expression> {
  const shift = slice(values, 0, 0, 1);
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

function stateOfBatch(outputs: Outputs): AttributionState {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const shiftX = vector('shift');
  const size = shiftX.length;
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
  const figures = ['baselineSum', 'gapSum', 'largestGap', 'differenceSum'];
  return {
    all: of(0),
    positive: of(1),
    negative: of(2),
    completeness: outputs.gapSum === undefined ? null : figures.map((name) => vector(name)[0] as number),
  };
}

function merge(a: AttributionState, b: AttributionState): AttributionState {
  return {
    all: mergeComoments(a.all, b.all),
    positive: mergeComoments(a.positive, b.positive),
    negative: mergeComoments(a.negative, b.negative),
    completeness:
      a.completeness === null || b.completeness === null
        ? (a.completeness ?? b.completeness)
        : a.completeness.map((value, at) => {
            const other = b.completeness?.[at] as number;
            return at === 2 ? Math.max(value, other) : value + other;
          }),
  };
}
