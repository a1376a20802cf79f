import { unsupportedOperator } from '../../../errors.ts';
import { type DType, int64, type TensorSpec } from '../../tensor.ts';
import type { AttributeValue } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import { only, operators } from '../operators.ts';
import type { Shape } from '../shapes/known.ts';
import { dataTypeOf } from '../tensors.ts';

/** A number stands for a scalar of the other operand's element type. */
export type Operand = Value | number;

/**
 * A tensor of a growing graph, with the arithmetic that rules are written in. Every method adds nodes that are legal in the
 * graph's opset and returns their result; nothing is computed here, and equal nodes are added once. Broadcasting is numpy's.
 */
export class Value {
  readonly graph: GraphBuilder;
  readonly name: string;

  constructor(graph: GraphBuilder, name: string) {
    this.graph = graph;
    this.name = name;
  }

  get spec(): TensorSpec | undefined {
    return this.graph.specOf(this.name);
  }

  get dtype(): DType {
    return this.spec?.dtype ?? 'float32';
  }

  /** null where a size is known at run time only. Throws UNSUPPORTED_OPERATOR when not even the rank is known. */
  get shape(): Shape {
    const { spec } = this;
    if (spec !== undefined) return spec.shape;
    const node = this.graph.producerOf(this.name);
    throw unsupportedOperator(
      `A gradient needs the rank of the tensor “${this.name}”, which nothing tells before it is run. Export the model with shapes.`,
      { operator: node?.opType ?? '', node: node?.name || this.name, tensor: this.name },
    );
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Any operator, of these inputs; its first output. */
  op(operator: string, inputs: readonly Operand[], attributes?: Readonly<Record<string, AttributeValue>>): Value {
    const names = inputs.map((input) => this.#operand(input).name);
    return this.named(only(this.graph.node(operator, names, attributes)));
  }

  /** Another tensor of the graph. */
  named(name: string): Value {
    return new Value(this.graph, name);
  }

  /** The operator of that name, of this tensor. */
  unary(operator: string): Value {
    return this.op(operator, [this]);
  }

  add(other: Operand): Value {
    return this.op('Add', [this, other]);
  }
  sub(other: Operand): Value {
    return this.op('Sub', [this, other]);
  }
  mul(other: Operand): Value {
    return other === 1 ? this : this.op('Mul', [this, other]);
  }
  div(other: Operand): Value {
    return other === 1 ? this : this.op('Div', [this, other]);
  }
  /** `exponent` − 1 and the like are numbers more often than not: those that are free stay free. */
  pow(exponent: Operand): Value {
    if (exponent === 1) return this;
    return exponent === 2 ? this.mul(this) : this.op('Pow', [this, exponent]);
  }
  neg(): Value {
    return this.unary('Neg');
  }
  exp(): Value {
    return this.unary('Exp');
  }
  log(): Value {
    return this.unary('Log');
  }
  sqrt(): Value {
    return this.unary('Sqrt');
  }
  square(): Value {
    return this.mul(this);
  }
  /** 1 − x. */
  complement(): Value {
    return this.op('Sub', [1, this]);
  }
  /** −1, 0 or 1. */
  sign(): Value {
    if (this.graph.opset >= 9) return this.unary('Sign');
    return this.greater(0).castLike(this).sub(this.less(0).castLike(this));
  }

  /** Without +∞: the largest number in its place. */
  atMostLargest(): Value {
    return this.graph.opset < 8 ? this : this.op('Min', [this, largest(this.dtype)]);
  }

  less(other: Operand): Value {
    return this.op('Less', [this, other]);
  }
  greater(other: Operand): Value {
    return this.op('Greater', [this, other]);
  }
  /** Before opset 11, only whole numbers can be compared for equality. */
  equal(other: Operand): Value {
    if (this.graph.opset >= 11 || !this.dtype.includes('float')) return this.op('Equal', [this, other]);
    return this.less(other).not().and(this.greater(other).not());
  }
  not(): Value {
    return this.unary('Not');
  }
  and(other: Value): Value {
    return this.op('And', [this, other]);
  }

  /** This where the mask is true, elsewhere `otherwise`. */
  where(mask: Value, otherwise: Operand = 0): Value {
    if (this.graph.opset >= 9)
      return this.op(
        'Where',
        [mask, this, otherwise].map((value) => this.#operand(value)),
      );
    const kept = this.mul(mask.castLike(this));
    return otherwise === 0 ? kept : kept.add(mask.not().castLike(this).mul(otherwise));
  }

  cast(to: DType): Value {
    return this.dtype === to ? this : this.op('Cast', [this], { to: dataTypeOf(to) });
  }
  castLike(other: Value): Value {
    return this.cast(other.dtype);
  }

  matmul(other: Value): Value {
    return this.op('MatMul', [this, other]);
  }
  /** With the last two axes exchanged. */
  transposed(): Value {
    const axes = [...this.shape.keys()];
    return this.transpose([...axes.slice(0, -2), ...axes.slice(-2).toReversed()]);
  }
  transpose(permutation: readonly number[]): Value {
    return permutation.every((axis, index) => axis === index)
      ? this
      : this.op('Transpose', [this], { perm: permutation });
  }

  /** Over these axes, which may be negative; over none of them when the list is empty. */
  sum(axes: readonly number[], keepdims = true): Value {
    return this.named(operators.reduceSum(this.graph, [this.name], { axes: this.#positive(axes), keepdims }));
  }
  mean(axes: readonly number[], keepdims = true): Value {
    return this.named(operators.reduceMean(this.graph, [this.name], { axes: this.#positive(axes), keepdims }));
  }
  max(axes: readonly number[], keepdims = true): Value {
    return this.named(operators.reduceMax(this.graph, [this.name], { axes: this.#positive(axes), keepdims }));
  }

  /** int64 [rank]: the sizes at run time. */
  sizes(): Value {
    return this.unary('Shape');
  }
  integers(values: readonly number[]): Value {
    return this.named(this.graph.constant(int64([values.length], values)));
  }
  /** −1 is the rest. */
  reshape(sizes: readonly number[] | Value): Value {
    return this.op('Reshape', [this, sizes instanceof Value ? sizes : this.integers(sizes)]);
  }
  /** Without the sizes being read at run time where they are known. */
  reshapeLike(other: Value): Value {
    const sizes = other.spec?.shape;
    if (sizes === undefined) return this.reshape(other.sizes());
    const isStatic = !sizes.includes(0) && sizes.filter((size) => size === null).length < 2;
    return this.reshape(isStatic ? sizes.map((size) => size ?? -1) : other.sizes()).like(other);
  }
  /** Broadcast to the shape of another tensor. */
  expandLike(other: Value): Value {
    if (this.graph.opset < 8) return this.mul(this.onesLike(other)).like(other);
    return this.op('Expand', [this, other.sizes()]).like(other);
  }
  /** `axes` are those of the result. */
  unsqueeze(axes: readonly number[]): Value {
    return this.#squeezing('Unsqueeze', axes);
  }
  squeeze(axes: readonly number[]): Value {
    return this.#squeezing('Squeeze', axes);
  }
  /** Elements start … end − 1 of an axis. */
  slice(axis: number, start: number, end: number): Value {
    return this.named(operators.slice(this.graph, [this.name], { axis, start, end }));
  }
  /** Parts of these sizes, one behind the other. */
  split(axis: number, sizes: readonly number[]): Value[] {
    const { graph } = this;
    const names =
      graph.opset < 13
        ? graph.node('Split', [this.name], { axis, split: sizes }, sizes.length)
        : graph.node('Split', [this.name, this.integers(sizes).name], { axis }, sizes.length);
    return names.map((name, index) => this.named(name).sized(this.shape.with(axis, sizes[index] ?? null), this.dtype));
  }
  concat(others: readonly Value[], axis: number): Value {
    return others.length === 0 ? this : this.op('Concat', [this, ...others], { axis });
  }

  /** A scalar of this element type. */
  scalar(value: number): Value {
    const { dtype } = this;
    if (dtype === 'float64') return this.named(this.graph.constant({ dtype, dims: [], data: Float64Array.of(value) }));
    if (dtype === 'int64') return this.named(this.graph.constant(int64([], [value])));
    const single = this.graph.constant({ dtype: 'float32', dims: [], data: Float32Array.of(value) });
    return this.named(single).cast(dtype);
  }
  /** A number everywhere, in the shape of another tensor and this element type. */
  fill(value: number, other: Value): Value {
    return this.graph.opset < 8 ? this.onesLike(other).mul(value) : this.scalar(value).expandLike(other);
  }
  zerosLike(other: Value): Value {
    return this.fill(0, other);
  }
  /** Before opset 8 nothing makes a shape: x < x is false for every x. */
  onesLike(other: Value): Value {
    return this.graph.opset < 8 ? other.less(other).not().castLike(this) : this.fill(1, other);
  }

  /** Says that this has the element type and the sizes of another tensor, where inference does not know them. */
  like(other: Value): Value {
    return other.spec === undefined ? this : this.sized(other.spec.shape, other.dtype);
  }
  /** Says what is known of the sizes, beside what is known already. */
  sized(shape: Shape, dtype: DType = this.dtype): Value {
    const { spec } = this;
    if (spec === undefined) this.graph.declare(this.name, dtype, shape);
    else if (spec.shape.length === shape.length)
      this.graph.declare(
        this.name,
        spec.dtype,
        spec.shape.map((size, axis) => size ?? shape[axis] ?? null),
      );
    return this;
  }

  #squeezing(operator: 'Squeeze' | 'Unsqueeze', axes: readonly number[]): Value {
    if (axes.length === 0) return this;
    const rankOf = () => (operator === 'Squeeze' ? this.rank : this.rank + axes.length);
    const sorted = axes.map((axis) => (axis < 0 ? axis + rankOf() : axis)).toSorted((a, b) => a - b);
    if (this.graph.opset < 13) return this.op(operator, [this], { axes: sorted });
    return this.op(operator, [this, this.integers(sorted)]);
  }

  #positive(axes: readonly number[]): number[] {
    return axes.map((axis) => (axis < 0 ? axis + this.rank : axis));
  }

  #operand(value: Operand): Value {
    return typeof value === 'number' ? this.scalar(value) : value;
  }
}

/** The largest finite number of an element type; of bfloat16 it is that of float32 without its last digits. */
export function largest(dtype: DType): number {
  if (dtype === 'float64') return Number.MAX_VALUE;
  if (dtype === 'float16') return 65504;
  return dtype === 'bfloat16' ? 2 ** 128 - 2 ** 120 : 2 ** 128 - 2 ** 104;
}
