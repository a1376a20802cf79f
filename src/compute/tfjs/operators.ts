import type { Tensor } from '@tensorflow/tfjs';
import { type Attributes, assertSlice, type Operator, type ValueType } from '../program.ts';
import type { Runtime } from './runtime/library.ts';

type Apply = (tf: Runtime, inputs: readonly Tensor[], attributes: Attributes) => Tensor;

const unary =
  (compute: (tf: Runtime, a: Tensor, attributes: Attributes) => Tensor): Apply =>
  (tf, [a], attributes) =>
    compute(tf, a as Tensor, attributes);
const binary =
  (compute: (tf: Runtime, a: Tensor, b: Tensor) => Tensor): Apply =>
  (tf, [a, b]) =>
    compute(tf, a as Tensor, b as Tensor);
const reduction = (name: 'sum' | 'mean' | 'min' | 'max'): Apply =>
  unary((tf, a, { axes, keepdims = false }) => (axes?.length === 0 ? a : tf[name](a, axes && [...axes], keepdims)));

const runtimeType: Readonly<Record<ValueType, 'float32' | 'int32' | 'bool'>> = {
  float32: 'float32',
  int64: 'int32',
  bool: 'bool',
};

/** Every operator of programs, with the meaning of ONNX. */
export const operators: Readonly<Record<Operator, Apply>> = {
  add: binary((tf, a, b) => tf.add(a, b)),
  sub: binary((tf, a, b) => tf.sub(a, b)),
  mul: binary((tf, a, b) => tf.mul(a, b)),
  div: binary(divided),
  pow: binary((tf, a, b) => tf.pow(a, b)),
  matmul: binary(multiplied),
  minimum: binary((tf, a, b) => tf.minimum(a, b)),
  maximum: binary((tf, a, b) => tf.maximum(a, b)),
  neg: unary((tf, a) => tf.neg(a)),
  abs: unary((tf, a) => tf.abs(a)),
  sign: unary((tf, a) => tf.sign(a)),
  exp: unary((tf, a) => tf.exp(a)),
  log: unary((tf, a) => tf.log(a)),
  sqrt: unary((tf, a) => tf.sqrt(a)),
  sigmoid: unary((tf, a) => tf.sigmoid(a)),
  tanh: unary((tf, a) => tf.tanh(a)),
  relu: unary((tf, a) => tf.relu(a)),
  softplus: unary((tf, a) => tf.softplus(a)),
  equal: binary((tf, a, b) => tf.equal(a, b)),
  less: binary((tf, a, b) => tf.less(a, b)),
  greater: binary((tf, a, b) => tf.greater(a, b)),
  not: unary((tf, a) => tf.logicalNot(a)),
  and: binary((tf, a, b) => tf.logicalAnd(a, b)),
  or: binary((tf, a, b) => tf.logicalOr(a, b)),
  where: (tf, [condition, a, b]) => tf.where(condition as Tensor, a as Tensor, b as Tensor),
  cast: unary((tf, a, { to = 'float32' }) => tf.cast(a, runtimeType[to])),
  reshape: unary((tf, a, { shape = [] }) =>
    tf.reshape(
      a,
      shape.map((dim, axis) => (dim === 0 ? (a.shape[axis] ?? 0) : dim)),
    ),
  ),
  expand: unary((tf, a, { shape = [] }) =>
    tf.broadcastTo(a, tf.broadcast_util.assertAndGetBroadcastShape(a.shape, [...shape])),
  ),
  transpose: unary((tf, a, { permutation = [] }) => tf.transpose(a, [...permutation])),
  concat: (tf, inputs, { axis = 0 }) => tf.concat([...inputs], axis),
  gather: (tf, [a, indices], { axis = 0 }) => gathered(tf, a as Tensor, indices as Tensor, axis),
  slice: unary(sliced),
  reduceSum: reduction('sum'),
  reduceMean: reduction('mean'),
  reduceMin: reduction('min'),
  reduceMax: reduction('max'),
};

/** Whole numbers are cut towards zero; tfjs rounds them down. */
function divided(tf: Runtime, a: Tensor, b: Tensor): Tensor {
  if (a.dtype === 'float32' || b.dtype === 'float32') return tf.div(a, b);
  return tf.mul(tf.mul(tf.sign(a), tf.sign(b)), tf.floorDiv(tf.abs(a), tf.abs(b)));
}

/** numpy's: a vector is a row on the left, a column on the right. */
function multiplied(tf: Runtime, a: Tensor, b: Tensor): Tensor {
  const left = a.rank === 1 ? tf.expandDims(a, 0) : a;
  const right = b.rank === 1 ? tf.expandDims(b, 1) : b;
  const product = tf.matMul(left, right);
  const axes = [...(a.rank === 1 ? [product.rank - 2] : []), ...(b.rank === 1 ? [product.rank - 1] : [])];
  return axes.length === 0 ? product : tf.squeeze(product, axes);
}

/** Negative indices count from the end. */
function gathered(tf: Runtime, a: Tensor, indices: Tensor, axis: number): Tensor {
  const own = axis < 0 ? axis + a.rank : axis;
  const length = tf.scalar(a.shape[own] ?? 0, 'int32');
  const places = tf.where(tf.less(indices, tf.scalar(0, 'int32')), tf.add(indices, length), indices);
  return tf.gather(a, places as never, own);
}

function sliced(tf: Runtime, a: Tensor, attributes: Attributes): Tensor {
  const { axis = 0, start = 0, end = Number.MAX_SAFE_INTEGER, step = 1 } = attributes;
  const own = axis < 0 ? axis + a.rank : axis;
  const length = a.shape[own] ?? 0;
  assertSlice(attributes, length);
  const bound = (place: number): number => Math.min(Math.max(place < 0 ? place + length : place, 0), length);
  const begin = a.shape.map((_, at) => (at === own ? bound(start) : 0));
  const size = a.shape.map((dim, at) => (at === own ? Math.max(0, bound(end) - bound(start)) : dim));
  if (step === 1) return tf.slice(a, begin, size);
  // A strided slice of tfjs has no gradient.
  return tf.gather(a, tf.range(bound(start), bound(end), step, 'int32') as never, own);
}
