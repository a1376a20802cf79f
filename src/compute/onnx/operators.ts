import { unsupportedOperator } from '../../errors.ts';
import { type Attributes, assertSlice, type Operator } from '../program.ts';
import { int64 } from '../tensor.ts';
import type { GraphBuilder } from './builder.ts';
import { dataTypeOf } from './tensors.ts';

type Emit = (builder: GraphBuilder, inputs: readonly string[], attributes: Attributes) => string;

/** A program's operator as the ONNX operator of this name, which is there from opset `since` on. */
const same =
  (operator: string, since = 7): Emit =>
  (builder, inputs) => {
    requireOpset(builder, operator, since);
    return only(builder.node(operator, inputs));
  };

/** A comparison, which at first was one of floats alone, or of whole numbers alone. */
const comparison =
  (operator: string, first: 'FLOATS' | 'WHOLE_NUMBERS', since: number): Emit =>
  (builder, inputs) => {
    const dtype = builder.specOf(inputs[0] ?? '')?.dtype;
    const isFirst = dtype !== undefined && dtype.startsWith('float') === (first === 'FLOATS');
    requireOpset(builder, operator, isFirst ? 7 : since);
    return only(builder.node(operator, inputs));
  };

/** `axesInput`: the opset from which on the axes are an input and no attribute. */
const reduction =
  (operator: string, axesInput: number): Emit =>
  (builder, inputs, { axes, keepdims = false }) => {
    // No axes at all reduce nothing, while ONNX takes an empty list for all of them.
    if (axes?.length === 0) return inputs[0] ?? '';
    const kept = { keepdims: keepdims ? 1 : 0 };
    if (axes === undefined) return only(builder.node(operator, inputs, kept));
    if (builder.opset < axesInput) return only(builder.node(operator, inputs, { ...kept, axes }));
    return only(builder.node(operator, [...inputs, integers(builder, axes)], kept));
  };

/** Every operator of programs, for every opset that is read. */
export const operators: Readonly<Record<Operator, Emit>> = {
  add: same('Add'),
  sub: same('Sub'),
  mul: same('Mul'),
  div: same('Div'),
  pow: same('Pow'),
  matmul: same('MatMul'),
  minimum: same('Min', 8),
  maximum: same('Max', 8),
  neg: same('Neg'),
  abs: same('Abs'),
  sign: same('Sign', 9),
  exp: same('Exp'),
  log: same('Log'),
  sqrt: same('Sqrt'),
  sigmoid: same('Sigmoid'),
  tanh: same('Tanh'),
  relu: same('Relu'),
  softplus: same('Softplus'),
  equal: comparison('Equal', 'WHOLE_NUMBERS', 11),
  less: comparison('Less', 'FLOATS', 9),
  greater: comparison('Greater', 'FLOATS', 9),
  not: same('Not'),
  and: same('And'),
  or: same('Or'),
  where: same('Where', 9),
  cast: (builder, inputs, { to = 'float32' }) => only(builder.node('Cast', inputs, { to: dataTypeOf(to) })),
  reshape: (builder, inputs, { shape = [] }) => only(builder.node('Reshape', [...inputs, integers(builder, shape)])),
  expand: (builder, inputs, { shape = [] }) => {
    requireOpset(builder, 'Expand', 8);
    return only(builder.node('Expand', [...inputs, integers(builder, shape)]));
  },
  transpose: (builder, inputs, { permutation = [] }) => only(builder.node('Transpose', inputs, { perm: permutation })),
  concat: (builder, inputs, { axis = 0 }) => only(builder.node('Concat', inputs, { axis })),
  gather: (builder, inputs, { axis = 0 }) => only(builder.node('Gather', inputs, { axis })),
  slice: (builder, inputs, attributes) => {
    const length = builder.specOf(inputs[0] ?? '')?.shape.at(attributes.axis ?? 0);
    if (typeof length === 'number') assertSlice(attributes, length);
    return builder.opset < 10 ? sliceBefore10(builder, inputs, attributes) : sliceSince10(builder, inputs, attributes);
  },
  reduceSum: reduction('ReduceSum', 13),
  reduceMean: reduction('ReduceMean', 18),
  reduceMin: reduction('ReduceMin', 18),
  reduceMax: reduction('ReduceMax', 18),
};

function requireOpset({ opset }: GraphBuilder, operator: string, since: number): void {
  if (opset < since)
    throw unsupportedOperator(
      `This needs the operator ${operator}, which comes with opset ${since}, and the model has opset ${opset}. Export the model again with opset 18.`,
      { operator, opset },
    );
}

const sliceSince10: Emit = (builder, inputs, { axis = 0, start = 0, end = Number.MAX_SAFE_INTEGER, step = 1 }) => {
  const lists = [[start], [end], [axis], ...(step === 1 ? [] : [[step]])];
  return only(builder.node('Slice', [...inputs, ...lists.map((list) => integers(builder, list))]));
};

/** Without steps: a slice for each element that is taken. */
const sliceBefore10: Emit = (builder, inputs, { axis = 0, start = 0, end = Number.MAX_SAFE_INTEGER, step = 1 }) => {
  const between = (from: number, to: number): string =>
    only(builder.node('Slice', inputs, { starts: [from], ends: [to], axes: [axis] }));
  if (step === 1) return between(start, end);
  const taken = Array.from({ length: Math.ceil((end - start) / step) }, (_, at) => start + at * step);
  return only(
    builder.node(
      'Concat',
      taken.map((from) => between(from, from + 1)),
      { axis },
    ),
  );
};

const integers = (builder: GraphBuilder, values: readonly number[]): string =>
  builder.constant(int64([values.length], values));

export const only = (names: readonly string[]): string => names[0] ?? '';
