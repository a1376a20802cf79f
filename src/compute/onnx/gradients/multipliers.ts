import { type GlassgraphError, unsupportedOperator } from '../../../errors.ts';
import { readsOf } from './path.ts';
import type { Calculus, Rule } from './rule.ts';
import { ruleOf } from './rules/index.ts';
import { positive, type Site } from './site.ts';
import type { Value } from './value.ts';

/*
 * The multipliers of DeepLIFT by its rescale rule (Shrikumar et al. 2017): what the gradient rules are to derivatives. Axis 0 of every tensor
 * holds rows at their baseline and, behind them, as many rows themselves.
 */

/** Linear in the input at the index that is named: the multiplier is the gradient. */
const linear: ReadonlyMap<string, readonly number[]> = new Map(
  [
    'Identity Cast CastLike Neg Dropout Reshape Flatten Squeeze Unsqueeze Transpose Expand Tile Split Pad Slice Gather',
    'GatherElements GatherND CumSum ReduceSum ReduceMean Conv ConvTranspose AveragePool GlobalAveragePool',
    'BatchNormalization DepthToSpace SpaceToDepth Div',
  ].flatMap((names) => names.split(' ').map((name) => [name, [0]] as const)),
);

/** Linear in all inputs together. */
const sums: ReadonlySet<string> = new Set('Add Sub Sum Mean Concat'.split(' '));

/** Linear in one input, when the others do not depend on features. */
const products: ReadonlySet<string> = new Set('Mul MatMul Gemm'.split(' '));

/** A function of single elements of input 0. */
const elementwise: ReadonlySet<string> = new Set(
  [
    'Relu LeakyRelu PRelu ThresholdedRelu Shrink Clip Elu Celu Selu Sigmoid HardSigmoid Softplus Softsign Gelu HardSwish',
    'Mish Swish Tanh Abs Exp Log Sqrt Reciprocal Pow Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh',
  ].flatMap((names) => names.split(' ')),
);

/** What they give does not depend on the values of what they read. */
const ofShapes: ReadonlySet<string> = new Set(['Shape', 'Size']);

/** A difference from the baseline that is smaller has the derivative as its multiplier, as in Captum. */
const smallest = 1e-6;

export const multiplierCalculus: Calculus = {
  // What a row does not depend on, its baseline may.
  isGuarded: false,
  // Everything that depends on a feature is on the path, by steps and comparisons too.
  pathRule: ({ domain, opType }) => (domain === '' && ofShapes.has(opType) ? null : undefined),
  rule: multiplierRule,
  finish: (site, gradient) => (elementwise.has(site.node.opType) ? rescaled(site, gradient) : gradient),
};

/** Throws UNSUPPORTED_OPERATOR where there is no multiplier: it is never the gradient instead. */
function multiplierRule(site: Site, reads: ReadonlySet<string>): Rule {
  const { opType, domain } = site.node;
  const places = readsOf(site.node).flatMap((name, index) => (reads.has(name) ? [index] : []));
  const isOnly = (allowed: readonly number[]): boolean => places.every((place) => allowed.includes(place));
  const plain = domain === '' ? ruleOf(site.node) : undefined;
  if (plain === undefined || plain === null) throw inTheWay(site, 'it has no rule of DeepLIFT');
  if (elementwise.has(opType)) {
    if (!isOnly([0])) throw inTheWay(site, 'more than its first input depends on features');
    return plain;
  }
  if (products.has(opType) && places.length > 1) throw inTheWay(site, 'it multiplies what depends on features');
  const isLinear = sums.has(opType) || products.has(opType) || isOnly(linear.get(opType) ?? []);
  const isWhere = opType === 'Where' && isOnly([1, 2]);
  if (!isLinear && !isWhere) throw inTheWay(site, 'it has no rule of DeepLIFT');
  if (mixesRows(site, places)) throw inTheWay(site, 'it moves rows away from the first axis');
  return plain;
}

/** dy · Δy / Δx, and the gradient where Δx is next to nothing. */
function rescaled(site: Site, gradient: Value): Value {
  const [dx, dy] = [differenceOf(site.x), differenceOf(site.y)];
  const isSmall = dx.unary('Abs').less(smallest);
  const ratio = dy.div(dx.scalar(1).where(isSmall, dx));
  const [repeated, small] = [ratio.concat([ratio], 0), isSmall.concat([isSmall], 0)].map((value) =>
    value.reshapeLike(site.x),
  ) as [Value, Value];
  return gradient.where(small, site.dy.mul(repeated));
}

/** [1, n]: the rows less their baselines. */
function differenceOf(value: Value): Value {
  const halves = value.reshape([2, -1]);
  return halves.slice(0, 1, 2).sub(halves.slice(0, 0, 1));
}

/** Whether behind the node axis 0 is no longer that of the rows. */
function mixesRows(site: Site, places: readonly number[]): boolean {
  const rank = site.input(places[0] ?? 0).rank;
  const takesFirst = (axes: readonly number[] | undefined, all: number): boolean =>
    axes === undefined || axes.some((axis) => positive(axis, all) === 0);
  switch (site.node.opType) {
    case 'Transpose':
      return (site.ints('perm') ?? [rank - 1])[0] !== 0;
    case 'Concat':
    case 'Split':
    case 'Gather':
    case 'GatherElements':
      return site.axis('axis', site.node.opType === 'Concat' ? 1 : 0) === 0;
    case 'ReduceSum':
    case 'ReduceMean':
    case 'Squeeze':
      return takesFirst(site.known('axes', 1), rank);
    case 'Unsqueeze':
      return takesFirst(site.known('axes', 1), rank + 1);
    case 'Slice':
      return takesFirst(site.known('axes', 3), rank);
    case 'Flatten':
      return site.int('axis', 1) === 0;
    case 'Gemm':
      return places[0] === 1 || site.int('transA', 0) === 1;
    default:
      return false;
  }
}

function inTheWay(site: Site, reason: string): GlassgraphError {
  const { opType, output, name } = site.node;
  const node = name || (output[0] ?? '');
  return unsupportedOperator(
    `DeepLIFT stops at the node “${node}” (${opType}): ${reason}. Ask for INTEGRATED_GRADIENTS, or a method that needs no gradients.`,
    { operator: opType, node, reason },
  );
}
