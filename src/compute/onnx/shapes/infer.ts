import type { DType } from '../../tensor.ts';
import { dtypeOf } from '../tensors.ts';
import type { InferenceNode, KnownTensor, Shape } from './known.ts';
import { compress, gatherElements, gatherNd, oneHot, pad, slice, tile, topK } from './selection.ts';
import { convolution, convolutionTransposed } from './windows.ts';

type Rule = (node: InferenceNode) => KnownTensor | undefined;

/** Shapes of the operators that programs and gradients add to a graph; the model's own come from onnxruntime. */
const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...named(
    'Neg Abs Sign Exp Log Sqrt Sigmoid Tanh Relu Softplus Softsign HardSigmoid LeakyRelu ThresholdedRelu Elu Softmax LogSoftmax Identity Not Sin Cos Sinh Cosh Erf Reciprocal Floor Ceil CumSum Trilu Clip ReverseSequence ScatterND ScatterElements Scatter',
    ({ inputs: [a] }) => a,
  ),
  ...named('Add Sub Mul Div Pow Min Max Sum Mean And Or Xor', ({ inputs }) => broadcastAll(inputs)),
  ...named('Equal Less Greater LessOrEqual GreaterOrEqual', ({ inputs }) => typed(broadcastAll(inputs), 'bool')),
  ...named('ReduceSum ReduceMean ReduceMin ReduceMax ReduceProd ReduceSumSquare', reduction),
  ...named('IsNaN IsInf', ({ inputs: [a] }) => typed(a, 'bool')),
  ['Shape', ({ inputs: [a] }) => a && { dtype: 'int64', shape: [a.shape.length] }],
  ['Size', () => ({ dtype: 'int64', shape: [] })],
  ['Where', ({ inputs: [condition, a, b] }) => broadcastAll([a, b, condition])],
  ['Cast', ({ inputs: [a], int }) => typed(a, dtypeOf(int('to', 1)))],
  ['MatMul', matmul],
  ['Gemm', gemm],
  ['Conv', convolution],
  ['ConvTranspose', convolutionTransposed],
  ['Transpose', transpose],
  ['Reshape', reshape],
  ['Expand', expand],
  ['Concat', concat],
  ['Gather', gather],
  ['GatherElements', gatherElements],
  ['GatherND', gatherNd],
  ['Compress', compress],
  ['TopK', topK],
  ['OneHot', oneHot],
  ['Slice', slice],
  ['Pad', pad],
  ['Tile', tile],
  ['Range', ({ inputs: [start] }) => start && { dtype: start.dtype, shape: [null] }],
  ['Squeeze', squeeze],
  ['Unsqueeze', unsqueeze],
]);

/** Element type and shape of a node's first output, or undefined when they are not known before the run. */
export const inferOutput = (node: InferenceNode): KnownTensor | undefined => rules.get(node.operator)?.(node);

/** numpy's rule; an unknown size against one above 1 is that size, against 1 or another unknown one it stays unknown. */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const sizeOf = (shape: Shape, axis: number) =>
    axis < rank - shape.length ? 1 : (shape[axis - rank + shape.length] ?? null);
  return Array.from({ length: rank }, (_, axis) => {
    const [x, y] = [sizeOf(a, axis), sizeOf(b, axis)];
    if (x === 1) return y;
    if (y === 1) return x;
    return x ?? y;
  });
}

function named(names: string, rule: Rule): [string, Rule][] {
  return names.split(' ').map((name) => [name, rule]);
}

function typed(known: KnownTensor | undefined, dtype: DType | undefined): KnownTensor | undefined {
  return known && dtype && { dtype, shape: known.shape };
}

function broadcastAll([first, ...others]: readonly (KnownTensor | undefined)[]): KnownTensor | undefined {
  if (first === undefined) return undefined;
  let { shape } = first;
  for (const other of others) {
    if (other === undefined) return undefined;
    shape = broadcast(shape, other.shape);
  }
  return { dtype: first.dtype, shape };
}

/** Axes as an attribute or, in newer opsets, as the second input; none where there are none. */
function axesOf({ ints, values, inputs }: InferenceNode, rank: number): number[] | undefined {
  const axes = ints('axes') ?? (inputs.length > 1 ? values(1) : []);
  return axes?.map((axis) => (axis < 0 ? axis + rank : axis));
}

function reduction(node: InferenceNode): KnownTensor | undefined {
  const [a] = node.inputs;
  const axes = a && axesOf(node, a.shape.length);
  if (a === undefined) return undefined;
  if (axes === undefined)
    return node.int('keepdims', 1)
      ? { dtype: a.dtype, shape: a.shape.map((size) => (size === 1 ? 1 : null)) }
      : undefined;
  const reduced = (axis: number) => axes.length === 0 || axes.includes(axis);
  const shape = node.int('keepdims', 1)
    ? a.shape.map((size, axis) => (reduced(axis) ? 1 : size))
    : a.shape.filter((_, axis) => !reduced(axis));
  return { dtype: a.dtype, shape };
}

function matmul({ inputs: [a, b] }: InferenceNode): KnownTensor | undefined {
  if (a === undefined || b === undefined) return undefined;
  const batch = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const rows = a.shape.length > 1 ? [a.shape.at(-2) ?? null] : [];
  const columns = b.shape.length > 1 ? [b.shape.at(-1) ?? null] : [];
  return { dtype: a.dtype, shape: [...batch, ...rows, ...columns] };
}

function gemm({ inputs: [a, b], int }: InferenceNode): KnownTensor | undefined {
  if (a === undefined || b === undefined) return undefined;
  return { dtype: a.dtype, shape: [a.shape[int('transA', 0)] ?? null, b.shape[1 - int('transB', 0)] ?? null] };
}

function transpose({ inputs: [a], ints }: InferenceNode): KnownTensor | undefined {
  const order = ints('perm') ?? a?.shape.map((_, axis) => axis).toReversed() ?? [];
  return a && { dtype: a.dtype, shape: order.map((axis) => a.shape[axis] ?? null) };
}

function reshape({ inputs: [a, sizes], values }: InferenceNode): KnownTensor | undefined {
  const target = values(1);
  if (a === undefined) return undefined;
  if (target === undefined) return unsized(a, sizes);
  const shape = target.map((size, axis) => {
    if (size === 0) return a.shape[axis] ?? null;
    return size === -1 ? restOf(a.shape, target) : size;
  });
  return { dtype: a.dtype, shape };
}

/** What −1 stands for in a reshape, if the sizes that are not copied (0) are known. */
function restOf(from: Shape, target: readonly number[]): number | null {
  let rest = 1;
  for (const [axis, size] of from.entries()) {
    if (target[axis] === 0) continue;
    if (size === null) return null;
    rest *= size;
  }
  for (const size of target) if (size > 0) rest /= size;
  return rest;
}

function expand({ inputs: [a, sizes], values }: InferenceNode): KnownTensor | undefined {
  const target = values(1) ?? (a && unsized(a, sizes)?.shape);
  return a && target && { dtype: a.dtype, shape: broadcast(a.shape, target) };
}

/** How many sizes there are is the rank, though they are computed. */
function unsized(a: KnownTensor, sizes: KnownTensor | undefined): KnownTensor | undefined {
  const rank = sizes?.shape[0];
  return typeof rank === 'number' ? { dtype: a.dtype, shape: new Array<null>(rank).fill(null) } : undefined;
}

function concat({ inputs, int }: InferenceNode): KnownTensor | undefined {
  const [first] = inputs;
  if (first === undefined) return undefined;
  const axis = (int('axis', 0) + first.shape.length) % first.shape.length;
  let size: number | null = 0;
  for (const input of inputs) {
    const more: number | null = input?.shape[axis] ?? null;
    size = size === null || more === null ? null : size + more;
  }
  return { dtype: first.dtype, shape: first.shape.with(axis, size) };
}

function gather({ inputs: [a, indices], int }: InferenceNode): KnownTensor | undefined {
  if (a === undefined || indices === undefined) return undefined;
  const axis = (int('axis', 0) + a.shape.length) % a.shape.length;
  return { dtype: a.dtype, shape: a.shape.toSpliced(axis, 1, ...indices.shape) };
}

function squeeze(node: InferenceNode): KnownTensor | undefined {
  const [a] = node.inputs;
  const axes = a && axesOf(node, a.shape.length);
  if (a === undefined || axes === undefined || axes.length === 0) return undefined;
  return { dtype: a.dtype, shape: a.shape.filter((_, axis) => !axes.includes(axis)) };
}

function unsqueeze(node: InferenceNode): KnownTensor | undefined {
  const [a] = node.inputs;
  const axes = node.ints('axes') ?? node.values(1);
  if (a === undefined || axes === undefined) return undefined;
  const rank = a.shape.length + axes.length;
  const shape: (number | null)[] = [...a.shape];
  for (const axis of axes.map((given) => (given < 0 ? given + rank : given)).toSorted((x, y) => x - y))
    shape.splice(axis, 0, 1);
  return { dtype: a.dtype, shape };
}
