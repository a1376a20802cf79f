import type { NodeProto } from '../proto/onnx_pb.js';
import type { Vjp } from './rule.ts';
import { softmaxAxes } from './rules/activation.ts';
import { ruleOf } from './rules/index.ts';
import { Site } from './site.ts';
import { broadcasting, unbroadcast } from './unbroadcast.ts';
import type { Value } from './value.ts';

/*
 * Which elements of a tensor a target depends on at all, whatever the numbers are. A model that guards a quotient, Where(c = 0, 0, x / c),
 * gives a finite number, and so is its derivative: 0 where the quotient is not taken. By the chain rule alone it would be 0 · ∞. An adjoint
 * that merely happens to be 0 is another thing: the derivative of √x² at 0 is 1, not 0.
 */

/** 'everywhere', or the elements above zero of a tensor of the same shape and element type. */
export type Alive = 'everywhere' | Partly;

interface Partly {
  /** Made when somebody needs it. */
  readonly value: () => Value;
  /** Of how many others one behind the other it is made. */
  readonly depth: number;
  /** Whether more than an activation cuts: of neurons that are off, no other layer in front is cut off as a whole. */
  readonly isGuard: boolean;
}

/** What is alive of tensors, from all that read them. */
export class Lives {
  readonly #parts = new Map<string, Alive[]>();

  add(name: string, alive: Alive): void {
    const parts = this.#parts.get(name);
    if (parts === undefined) this.#parts.set(name, [alive]);
    else parts.push(alive);
  }

  /** undefined where nothing is. */
  get(name: string): Alive | undefined {
    const parts = this.#parts.get(name);
    if (parts === undefined) return undefined;
    const [first = 'everywhere', ...others] = parts;
    const sum = others.reduce(either, first);
    this.#parts.set(name, [sum]);
    return sum;
  }
}

function either(a: Alive, b: Alive): Alive {
  if (a === 'everywhere' || b === 'everywhere') return 'everywhere';
  return partly([a, b], a.isGuard || b.isGuard, () => a.value().add(b.value()).like(a.value()));
}

/** Of a long chain every so many is made at once, so that the last one does not call all others from within one another. */
const deepest = 50;

function partly(sources: readonly Partly[], isGuard: boolean, make: () => Value): Partly {
  const depth = 1 + Math.max(0, ...sources.map((source) => source.depth));
  let made = depth % deepest === 0 ? make() : undefined;
  const value = (): Value => {
    made ??= make();
    return made;
  };
  return { isGuard, depth, value };
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** Their gradients are those of their outputs, each at its place: what is alive moves likewise. */
const moving = words(
  'Identity Cast CastLike Add Sum Mean Reshape Flatten Squeeze Unsqueeze Transpose Expand Tile Concat ReverseSequence CumSum ' +
    'ReduceSum ReduceMean Dropout',
);
/** … and some elements have no place. */
const cutting = words(
  'Where Slice Gather GatherElements GatherND Compress TopK ScatterND ScatterElements Scatter ReduceMax ReduceMin MaxPool MaxUnpool ' +
    'Trilu Split Pad',
);
const activations = words('Relu Clip Max Min ThresholdedRelu');
const contracting = words('MatMul Gemm Einsum Conv ConvTranspose');
const reducing = words('ReduceL1 ReduceL2 ReduceSumSquare ReduceLogSum ReduceLogSumExp');
const normalizing = words('Softmax LogSoftmax');
/** Every element depends on those at its place. */
const elementwise = words(
  'Sub Mul Div Mod Neg Abs Reciprocal Pow Sqrt Exp Log Erf Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh ' +
    'LeakyRelu PRelu Shrink Elu Celu Selu Sigmoid HardSigmoid Softplus Softsign',
);

/** How what is alive goes through an operator. */
type Kind = 'moves' | 'multiplies' | 'alone' | 'together' | undefined;

/** undefined for operators of which nothing is known: all that they read is alive. */
export function kindOf({ opType, domain }: NodeProto): Kind {
  if (domain !== '') return undefined;
  if (moving.has(opType) || cutting.has(opType) || activations.has(opType)) return 'moves';
  if (contracting.has(opType)) return 'multiplies';
  if (elementwise.has(opType)) return 'alone';
  return reducing.has(opType) || normalizing.has(opType) ? 'together' : undefined;
}

/** What is alive of the input `index`, as far as this node reads it. */
export function aliveInput(site: Site, index: number, lives: Lives): Alive {
  const { node } = site;
  const kind = kindOf(node);
  const outputs = node.output.flatMap((name) => (name === '' ? [] : [lives.get(name)]));
  if (kind === undefined) return 'everywhere';
  const isCut = cutting.has(node.opType) || activations.has(node.opType) || outputs.includes(undefined);
  const given = outputs.filter((alive) => alive !== undefined && alive !== 'everywhere');
  if (given.length === 0 && !isCut) return 'everywhere';
  const isGuard = given.some((alive) => alive.isGuard) || cutting.has(node.opType);
  if (kind === 'multiplies' && !isGuard) return 'everywhere';
  return partly(given, isGuard, () => {
    const use = aliveUse(site, index, lives);
    const own = broadcasting.has(node.opType) ? unbroadcast(use, index, site) : use;
    return own.like(site.input(index));
  });
}

/** The same in the shape that broadcasting gives the input. */
export function aliveUse(site: Site, index: number, lives: Lives): Value {
  const { graph, node } = site;
  const counts = new Site(graph, node, {
    has: (name) => lives.get(name) !== undefined,
    get: (name) => {
      const alive = lives.get(name);
      return alive === 'everywhere' ? site.value(name).onesLike(site.value(name)) : alive?.value();
    },
  });
  switch (kindOf(node)) {
    case 'moves':
      return vjpOf(node, index)(counts, index);
    case 'multiplies': {
      const ones = counts.reading((input) => input.onesLike(input));
      return isAlive(vjpOf(node, index)(ones, index).unary('Abs')).castLike(site.y);
    }
    case 'together': {
      if (reducing.has(node.opType)) return vjpOf({ ...node, opType: 'ReduceSum' }, index)(counts, index);
      return counts.dy.sum(softmaxAxes(site)).expandLike(site.x);
    }
    default:
      return counts.dy;
  }
}

function vjpOf(node: NodeProto, index: number): Vjp {
  const rule = ruleOf(node);
  const vjp = Array.isArray(rule) ? rule[index] : rule;
  if (typeof vjp !== 'function') throw new Error(`the rule of ${node.opType} leaves out its input ${index}`);
  return vjp;
}

export const isAlive = (counts: Value): Value => counts.greater(0);
