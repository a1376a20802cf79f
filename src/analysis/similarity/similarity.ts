import { type Expression, matmul, reduceMax, reduceMean, reduceMin, sub, transpose } from '../../compute/program.ts';
import { badUserInput } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import type { Analysis, Outputs } from '../analysis.ts';
import { addProducts, type CrossProducts, emptyProducts, squaredNorm, type UnitMeans } from '../sums/cross-products.ts';
import { withoutRows } from '../units/row-axis.ts';
import { countOf } from '../units/units.ts';
import { type Pair, pairName, pairsOf, seenName, viewOf } from './pairs.ts';
import {
  baseProgram,
  nameOf,
  rowsAtOnceOf,
  type SidedLayer,
  type Sides,
  type SimilaritySpec,
  seenBy,
  sidesOf,
} from './sides.ts';

/** Linear CKA of each of the base's layers with each of the candidate's. */
export interface SimilarityResult {
  readonly base: readonly string[];
  readonly candidate: readonly string[];
  /** [base, candidate]; NaN where either is constant or its rows are not known. */
  readonly values: Float64Array;
}

interface SimilarityState {
  readonly sides: Sides;
  readonly pairs: readonly Pair[];
  /** Observations of the layers whose positions are counted first, by name, and the rows that they had. */
  readonly counted: ReadonlyMap<string, number> | null;
  readonly rowCount: number;
  readonly sums: ReadonlyMap<string, CrossProducts>;
}

/**
 * ‖XᵀY‖² / (‖XᵀX‖ ‖YᵀY‖) of centred activations X and Y (Kornblith et al. 2019), all pairs in one pass. Gram products are matrix
 * products of float32 inside the executor, centred on each batch's mean, and merged in float64. Where the shapes do not say how
 * many positions a row has, a first sweep counts them. Over observations where both layers have equally many positions, else over
 * the mean of each row's positions.
 */
export const similarity: Analysis<SimilaritySpec, SimilarityState, SimilarityResult> = {
  kind: 'fold',
  name: 'similarity',
  version: 2,
  start(spec, subject) {
    const sides = sidesOf(spec, subject);
    const isKnown = [...sides.base, ...sides.candidate].every(({ positions }) => positions !== null);
    if (isKnown) return summing(sides);
    return { sides, pairs: [], counted: new Map(), rowCount: 0, sums: new Map() };
  },
  program(_, __, { sides, pairs, counted }) {
    return { outputs: counted === null ? productsOf(pairs) : countsOf(sides), rowsAtOnce: rowsAtOnceOf(sides.base) };
  },
  baseProgram: (_, __, { sides }) => baseProgram(sides.base),
  fold(state, outputs, { rowCount }) {
    if (state.counted !== null) return addCounts(state, outputs, rowCount);
    for (const pair of state.pairs)
      addProducts(state.sums.get(pairName(pair)) as CrossProducts, batchProducts(pair, outputs, rowCount));
    return state;
  },
  merge(a, b) {
    if (a.counted !== null) return addAll(a, b.counted ?? new Map(), b.rowCount);
    const sums = structuredClone(a.sums);
    for (const [name, products] of b.sums) addProducts(sums.get(name) as CrossProducts, products);
    return { ...a, sums };
  },
  again({ sides, counted, rowCount }) {
    if (counted === null) return undefined;
    const found = (sided: SidedLayer): SidedLayer => ({
      ...sided,
      positions: positionsFound(sided, counted, rowCount),
    });
    return summing({ base: sides.base.map(found), candidate: sides.candidate.map(found) });
  },
  sweepsAfter: ({ counted }) => (counted === null ? 0 : 1),
  finish({ sides: { base, candidate }, sums }) {
    return {
      base: base.map(({ layer }) => layer.name),
      candidate: candidate.map(({ layer }) => layer.name),
      values: Float64Array.from(base.flatMap((a) => candidate.map((b) => ckaOf(a, b, sums)))),
    };
  },
};

/** Throws BAD_USER_INPUT for layers that are too wide to be compared at once, ANALYSIS_FAILED for two without rows of their own. */
function summing(sides: Sides): SimilarityState {
  const { base, candidate } = sides;
  const lost = [...base, ...candidate].find(({ positions }) => positions === 0);
  if (lost !== undefined && base.length * candidate.length === 1) throw withoutRows(lost.layer.name);
  const pairs = pairsOf(sides);
  const size = pairs.reduce((sum, { a, b }) => sum + a.layer.units * b.layer.units, 0);
  if (size > analysisLimits.similarityProducts)
    throw badUserInput(
      'layer',
      `These layers have ${size} pairs of units; at most ${analysisLimits.similarityProducts} are compared at once. Ask for two narrower layers with \`Layer.similarity\`.`,
    );
  const sums = new Map(pairs.map((pair) => [pairName(pair), emptyProducts(pair.a.layer.units, pair.b.layer.units)]));
  return { sides, pairs, counted: null, rowCount: 0, sums };
}

const uncounted = ({ base, candidate }: Sides): SidedLayer[] => [
  ...new Map(
    [...base, ...candidate].filter(({ positions }) => positions === null).map((sided) => [nameOf(sided), sided]),
  ).values(),
];

const countsOf = (sides: Sides): Record<string, Expression> =>
  Object.fromEntries(uncounted(sides).map((sided) => [nameOf(sided), countOf(seenBy(sided, 'observations'))]));

const addCounts = (state: SimilarityState, outputs: Outputs, rowCount: number): SimilarityState =>
  addAll(state, new Map(Object.entries(outputs).map(([name, { data }]) => [name, Number(data[0])])), rowCount);

const addAll = (state: SimilarityState, counts: ReadonlyMap<string, number>, rowCount: number): SimilarityState => ({
  ...state,
  counted: new Map([...counts].map(([name, count]) => [name, count + (state.counted?.get(name) ?? 0)])),
  rowCount: state.rowCount + rowCount,
});

/** 0 for a layer that has more observations than rows and no axis for them. */
function positionsFound(
  { layer, isBase, positions }: SidedLayer,
  counted: ReadonlyMap<string, number>,
  rowCount: number,
): number {
  if (positions !== null) return positions;
  const found = (counted.get(nameOf({ layer, isBase, positions })) ?? 0) / rowCount;
  const hasAxis = layer.output.shape.length > 2;
  return Number.isInteger(found) && (hasAxis || found === 1) ? found : 0;
}

/** Of every layer in every view: mean and range of its units; of every pair: the products of their centred units. */
function productsOf(pairs: readonly Pair[]): Record<string, Expression> {
  const outputs: Record<string, Expression> = {};
  const centred = new Map<string, Expression>();
  const see = (sided: SidedLayer, view: Pair['view']): Expression => {
    const name = seenName(sided, view);
    const known = centred.get(name);
    if (known !== undefined) return known;
    const values = seenBy(sided, view);
    const mean = reduceMean(values, [0]);
    Object.assign(outputs, {
      [`mean:${name}`]: mean,
      [`minimum:${name}`]: reduceMin(values, [0]),
      [`maximum:${name}`]: reduceMax(values, [0]),
    });
    centred.set(name, sub(values, mean));
    return centred.get(name) as Expression;
  };
  for (const pair of pairs)
    outputs[pairName(pair)] = matmul(transpose(see(pair.a, pair.view), [1, 0]), see(pair.b, pair.view));
  return outputs;
}

function batchProducts(pair: Pair, outputs: Outputs, rowCount: number): CrossProducts {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const means = (sided: SidedLayer): UnitMeans => {
    const name = seenName(sided, pair.view);
    return { mean: vector(`mean:${name}`), minimum: vector(`minimum:${name}`), maximum: vector(`maximum:${name}`) };
  };
  const positions = pair.view === 'rows' ? 1 : (pair.a.positions ?? 1);
  return { count: rowCount * positions, a: means(pair.a), b: means(pair.b), products: vector(pairName(pair)) };
}

function ckaOf(a: SidedLayer, b: SidedLayer, sums: SimilarityState['sums']): number {
  const view = viewOf(a, b);
  const norm = (x: SidedLayer, y: SidedLayer): number => {
    const found = sums.get(pairName({ a: x, b: y, view })) ?? sums.get(pairName({ a: y, b: x, view }));
    return found === undefined ? Number.NaN : squaredNorm(found);
  };
  const scale = Math.sqrt(norm(a, a) * norm(b, b));
  if (!(scale > 0 && scale < Number.POSITIVE_INFINITY)) return Number.NaN;
  return nameOf(a) === nameOf(b) ? 1 : Math.min(1, norm(a, b) / scale);
}
