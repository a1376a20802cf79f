import type { DType, Tensor } from '../tensor.ts';

export type Shape = readonly (number | null)[];
/** What is known of a tensor before it is run. */
export interface KnownTensor {
  dtype: DType;
  shape: Shape;
}

/** A node about to be added: what is known of its inputs, their values where they are constant, and its attributes. */
export interface InferenceNode {
  readonly operator: string;
  readonly inputs: readonly (KnownTensor | undefined)[];
  readonly values: readonly (Tensor | undefined)[];
  readonly int: (name: string, otherwise: number) => number;
  readonly ints: (name: string) => readonly number[] | undefined;
}

type Rule = (node: InferenceNode) => KnownTensor | undefined;

const likeFirst: Rule = ({ inputs: [a] }) => a;
const elementwise: Rule = ({ inputs }) => broadcastAll(inputs);
const comparison: Rule = ({ inputs }) => {
  const result = broadcastAll(inputs);
  return result && { dtype: 'bool', shape: result.shape };
};
const reduction: Rule = ({ inputs: [a], values, int, ints }) => {
  if (a === undefined) return undefined;
  const given = ints('axes') ?? integers(values[1]) ?? [];
  const axes = new Set(given.map((axis) => (axis < 0 ? axis + a.shape.length : axis)));
  const reduced = (axis: number) => axes.size === 0 || axes.has(axis);
  const shape = int('keepdims', 1)
    ? a.shape.map((size, axis) => (reduced(axis) ? 1 : size))
    : a.shape.filter((_, axis) => !reduced(axis));
  return { dtype: a.dtype, shape };
};

const unaryNames =
  'Neg Abs Sign Exp Log Sqrt Sigmoid Tanh Relu Softplus Softmax LogSoftmax Identity Not Sin Cos Erf Reciprocal Floor Ceil';
const binaryNames = 'Add Sub Mul Div Pow Min Max Sum Mean And Or Xor';
const reductionNames = 'ReduceSum ReduceMean ReduceMin ReduceMax ReduceProd ReduceSumSquare';
const named = (names: string, rule: Rule): [string, Rule][] => names.split(' ').map((name) => [name, rule]);

/** Shapes of the operators that programs and gradients add to a graph; the model's own come from onnxruntime. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...named(unaryNames, likeFirst),
  ...named(binaryNames, elementwise),
  ...named('Equal Less Greater LessOrEqual GreaterOrEqual', comparison),
  ...named(reductionNames, reduction),
  [
    'Where',
    ({ inputs: [condition, a, b] }) => {
      const result = broadcastAll([a, b, condition && a && { dtype: a.dtype, shape: condition.shape }]);
      return result;
    },
  ],
]);

/** Element type and shape of a node's first output, or undefined when they are not known before the run. */
export const inferOutput = (node: InferenceNode): KnownTensor | undefined => rules.get(node.operator)?.(node);

function broadcastAll(inputs: readonly (KnownTensor | undefined)[]): KnownTensor | undefined {
  const [first] = inputs;
  if (first === undefined) return undefined;
  let shape: Shape = first.shape;
  for (const input of inputs.slice(1)) {
    if (input === undefined) return undefined;
    shape = broadcast(shape, input.shape);
  }
  return { dtype: first.dtype, shape };
}

/** numpy's rule; an unknown dimension against a size above 1 is that size, against 1 or another unknown one it stays unknown. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const x = axis < rank - a.length ? 1 : (a[axis - rank + a.length] ?? null);
    const y = axis < rank - b.length ? 1 : (b[axis - rank + b.length] ?? null);
    if (x === 1) return y;
    if (y === 1) return x;
    return x ?? y;
  });
}

export const integers = (tensor: Tensor | undefined): number[] | undefined =>
  tensor === undefined ? undefined : Array.from(tensor.data as ArrayLike<number | bigint>, Number);
