import {
  abs,
  add,
  constant,
  type Expression,
  gather,
  gradient,
  matmul,
  mul,
  type Program,
  reduceSum,
  reshape,
  slice,
  sqrt,
  sub,
  tensor,
  transpose,
} from '../compute/program.ts';
import { float32, int64 } from '../compute/tensor.ts';
import type { Carrier } from '../data/manifest/carriers.ts';
import { badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import type { Analysis, Subject } from './analysis.ts';
import { assertNoBags } from './attributions/bags.ts';
import { byPlayer } from './attributions/by-player.ts';
import { Copies } from './attributions/copies.ts';
import { rowDimsOf } from './attributions/dims.ts';
import { elementsAt } from './attributions/layout.ts';
import { ofCopies, onesPerRow } from './attributions/positions.ts';
import { firstNotFinite, firstOf, type NotFinite, notFiniteIn } from './not-finite.ts';
import { carriersOfFeatures } from './players.ts';
import { type OutputTarget, targetOf } from './target.ts';

export type InteractionMethod = 'ABLATION' | 'HESSIAN';

export interface InteractionsSpec {
  readonly method: InteractionMethod;
  readonly target: OutputTarget;
  /** Positions in the list of features, which ascend. */
  readonly features: readonly number[];
}

export interface InteractionsResult {
  readonly rowCount: number;
  /** Mean over rows, of every pair (pairsOf), in its order. */
  readonly score: Float64Array;
  /** The first pair whose interaction is infinite or NaN on a row. */
  readonly notFinite: NotFinite | null;
}

interface InteractionsState {
  readonly rowCount: number;
  readonly sums: Float64Array;
  readonly notFinite: NotFinite | null;
}

/** Every pair of features, as positions in a list of so many: (0, 1), (0, 2), …, (1, 2), … */
export const pairsOf = (count: number): [number, number][] =>
  Array.from({ length: count }, (_, i) => i).flatMap((i) =>
    Array.from({ length: count - i - 1 }, (_, at): [number, number] => [i, i + 1 + at]),
  );

/**
 * How two features work together beyond what each does alone. ABLATION: |f(x) − f(x without i) − f(x without j) + f(x without
 * both)|, features at the zero baseline. HESSIAN: the Frobenius norm of the mixed second derivatives ∂²f / ∂xᵢ ∂xⱼ between their
 * carriers. Both zero where f is a sum of a function of each.
 */
export const interactions: Analysis<InteractionsSpec, InteractionsState, InteractionsResult> = {
  kind: 'fold',
  name: 'interactions',
  version: 5,
  start: ({ features }) => ({
    rowCount: 0,
    sums: new Float64Array(pairsOf(features.length).length),
    notFinite: null,
  }),
  program({ method, target, features }, subject) {
    const all = subject.features;
    const chosen = { ...subject, features: features.map((at) => all[at] as (typeof all)[number]) };
    return method === 'ABLATION' ? byAblation(target, chosen) : byHessian(target, chosen);
  },
  fold(state, outputs, { rowCount, index }) {
    return merge(state, {
      rowCount,
      sums: Float64Array.from(outputs.sums?.data as Float32Array),
      notFinite: notFiniteIn(outputs, 'notFinite', index),
    });
  },
  merge,
  finish: ({ rowCount, sums, notFinite }) => ({ rowCount, score: sums.map((sum) => sum / rowCount), notFinite }),
};

function merge(a: InteractionsState, b: InteractionsState): InteractionsState {
  return {
    rowCount: a.rowCount + b.rowCount,
    sums: a.sums.map((sum, at) => sum + (b.sums[at] as number)),
    notFinite: firstOf(a.notFinite, b.notFinite),
  };
}

/** Of what pairs have on rows, [rows, pairs]. */
const outputsOf = (byRow: Expression, pairCount: number): Program['outputs'] => ({
  sums: reduceSum(byRow, [0]),
  ...(pairCount > 0 && { notFinite: firstNotFinite(byRow, pairCount) }),
});

/** Copies: the row as it is, without each feature, without each pair. */
function byAblation(target: OutputTarget, subject: Subject): Program {
  const { features } = subject;
  const pairs = pairsOf(features.length);
  const removed = [[], ...features.map((_, at) => [at]), ...pairs];
  const copies = new Copies(subject, carriersOfFeatures(subject), {
    count: removed.length,
    positions: {
      columns: ofCopies(removed.map((without) => features.map((_, at) => (without.includes(at) ? 0 : 1)))),
      columnOf: (at) => at,
    },
  });
  const f = copies.each(targetOf(subject, target));
  const at = (indexes: readonly number[]): Expression => gather(f, constant(int64([indexes.length], indexes)), 0);
  const withoutBoth = at(pairs.map((_, pair) => 1 + features.length + pair));
  const alone = add(at(pairs.map(([i]) => 1 + i)), at(pairs.map(([, j]) => 1 + j)));
  const joint = add(sub(slice(f, 0, 0, 1), alone), withoutBoth);
  return { outputs: outputsOf(transpose(abs(joint), [1, 0]), pairs.length), ...copies.program() };
}

/** An element of a row of a tensor, and the feature that it carries. */
interface Element {
  readonly tensor: string;
  readonly place: number;
  readonly feature: number;
}

/**
 * Copies: one for each element of the carriers. In each the gradient of that one element is the target of a second gradient, whose
 * values are a row of the Hessian: all rows of it in one sweep back through the gradient's own graph.
 */
function byHessian(target: OutputTarget, subject: Subject): Program {
  const featureCount = subject.features.length;
  const carriers = carriersOfFeatures(subject);
  assertNoBags(subject, 'HESSIAN', 'for ABLATION');
  const elements = elementsOf(carriers);
  if (elements.length > analysisLimits.hessianElements)
    throw badUserInput(
      'features',
      `The carriers of these features have ${elements.length} elements; HESSIAN takes at most ${analysisLimits.hessianElements}. Name fewer features, or ask for ABLATION.`,
    );
  const copies = new Copies(subject, carriers, { count: elements.length });
  const f = targetOf(subject, target);
  const original = (name: string): Expression => tensor(name);
  const seeded = (name: string): Expression => mul(gradient(f, tensor(name)), seedOf(name, elements, subject));
  // By player, since what stands where a sequence is filled up must not be moved.
  const slopes = reduceSum(slice(byPlayer(subject, carriers, seeded, original).sums, 1, 0, featureCount));
  const second = (name: string): Expression => gradient(slopes, tensor(name));
  const norms = slice(byPlayer(subject, carriers, second, original).norms, 1, 0, featureCount);
  const squares = reshape(mul(norms, norms), [elements.length, -1]);
  const members = subject.features.flatMap((_, at) => elements.map(({ feature }) => (feature === at ? 1 : 0)));
  const byFeature = sqrt(matmul(constant(float32([featureCount, elements.length], members)), squares));
  const byRow = transpose(reshape(byFeature, [featureCount, -1, featureCount]), [1, 0, 2]);
  const wanted = pairsOf(featureCount).map(([i, j]) => i * featureCount + j);
  const places = constant(int64([wanted.length], wanted));
  const perPair = gather(reshape(byRow, [-1, featureCount * featureCount]), places, 1);
  return { outputs: outputsOf(perPair, wanted.length), ...copies.program() };
}

const elementsOf = (carriers: readonly (readonly Carrier[])[]): Element[] =>
  carriers.flatMap((own, feature) =>
    own.flatMap(({ tensor: name, places, size }) =>
      elementsAt(places, size).map((place): Element => ({ tensor: name, place, feature })),
    ),
  );

/** [elements · rows, …]: 1 at the element of each copy, if it is one of this tensor, and 0 elsewhere. */
function seedOf(name: string, elements: readonly Element[], subject: Subject): Expression {
  const dims = rowDimsOf(subject, name);
  const size = dims.reduce((product, dim) => product * dim, 1);
  const seeds = new Float32Array(elements.length * size);
  elements.forEach(({ tensor: own, place }, copy) => {
    if (own === name) seeds[copy * size + place] = 1;
  });
  const perCopy = constant(float32([elements.length, 1, size], seeds));
  return reshape(mul(perCopy, reshape(onesPerRow(), [1, -1, 1])), [-1, ...dims]);
}
