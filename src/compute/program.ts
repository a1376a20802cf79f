import { analysisFailed, unsupportedByExecutor } from '../errors.ts';
import type { DType, Tensor } from './tensor.ts';

/**
 * What to compute on every batch of rows: a lazy graph of tensor expressions over a model's tensors, the same for every
 * backend. Expressions are plain immutable values; equal ones are computed once, whoever asked for them.
 *
 * Operators have the meaning of the ONNX operator of the same name (opset 18, numpy broadcasting), on every backend.
 */
export type Expression =
  | { kind: 'tensor'; name: string; isExact?: true }
  | { kind: 'row'; name: RowValue }
  | { kind: 'parameter'; name: string; dtype: ValueType; shape: readonly (number | null)[] }
  | { kind: 'constant'; value: Tensor }
  | { kind: 'gradient'; of: Expression; wrt: Expression; by: 'DERIVATIVES' | 'MULTIPLIERS' }
  | { kind: 'apply'; operator: Operator; inputs: readonly Expression[]; attributes: Attributes };

/** float32 is the arithmetic of models; the others are for indices and masks. */
export type ValueType = 'float32' | 'int64' | 'bool';

/** As what programs read a tensor: every other number of a model as the wider one of its kind. Throws UNSUPPORTED_BY_EXECUTOR for text. */
export function programType(dtype: DType): ValueType {
  if (dtype === 'bool') return dtype;
  if (dtype === 'string') throw unsupportedByExecutor('A tensor of text can be no part of a computation.');
  return dtype.includes('float') ? 'float32' : 'int64';
}

/**
 * One value a row, float32 [rows], that comes with every batch and not from the model.
 * label: 0/1, and 0 where there is none. labelled: 1 where the row has a label, else 0.
 */
export type RowValue = 'label' | 'labelled';

export type Operator =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'matmul'
  | 'minimum'
  | 'maximum'
  | 'neg'
  | 'abs'
  | 'sign'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'softplus'
  | 'equal'
  | 'less'
  | 'greater'
  | 'not'
  | 'and'
  | 'or'
  | 'where'
  | 'cast'
  | 'reshape'
  | 'transpose'
  | 'concat'
  | 'slice'
  | 'gather'
  | 'expand'
  | 'reduceSum'
  | 'reduceMean'
  | 'reduceMin'
  | 'reduceMax';

export interface Attributes {
  /** reshape: the new shape, −1 for the rest, 0 for “as it was”; expand: the shape to broadcast to. */
  readonly shape?: readonly number[];
  /** reductions; every axis when omitted. Dimensions are kept with size 1 when `keepdims`. */
  readonly axes?: readonly number[];
  readonly keepdims?: boolean;
  /** concat, slice, gather. */
  readonly axis?: number;
  /** slice: from `start` to before `end`, which lie within the axis; negative ones count from its end. */
  readonly start?: number;
  readonly end?: number;
  /** slice: takes every so manieth element, as far as the axis goes. */
  readonly step?: number;
  /** transpose. */
  readonly permutation?: readonly number[];
  /** cast. */
  readonly to?: ValueType;
}

/**
 * Throws ANALYSIS_FAILED for a slice that reaches beyond its axis, of `length` elements. ONNX would hand back a shorter one, and WebAssembly
 * what lies in memory behind the tensor.
 */
export function assertSlice({ axis = 0, start = 0, end = 0, step = 1 }: Attributes, length: number): void {
  if (step !== 1 || start < 0 || end <= Math.max(start, length) || end === Number.MAX_SAFE_INTEGER) return;
  throw analysisFailed(`A program takes elements ${start} to ${end - 1} of the axis ${axis}, which has ${length}.`);
}

export interface Program {
  /** Named results, each a tensor that comes back from every `run`. */
  readonly outputs: Readonly<Record<string, Expression>>;
  /** tensor := expression. Whoever reads the tensor reads the expression; the expression itself may read the original. */
  readonly overrides?: Readonly<Record<string, Expression>>;
  /** Programs that make many rows of each want fewer at once; as many as come when undefined. */
  readonly rowsAtOnce?: number;
  /** Its runs take inputs that are made for it, in place of those of the batch: copies of its rows with other values. */
  readonly takesOwnInputs?: true;
  /** These are made of other rows, too: with every batch come so many others of each row. */
  readonly others?: OtherRows;
}

/**
 * `count` times another one of the selected rows for each: the one so many places further, from the last on to the first again. The
 * distances are drawn by `seed`, from 1 to the number of rows less 1, so that nobody is his own.
 */
export interface OtherRows {
  readonly count: number;
  readonly seed: number;
}

const apply = (operator: Operator, inputs: readonly Expression[], attributes: Attributes = {}): Expression => ({
  kind: 'apply',
  operator,
  inputs,
  attributes,
});
const unary =
  (operator: Operator) =>
  (a: Expression): Expression =>
    apply(operator, [a]);
const binary =
  (operator: Operator) =>
  (a: Expression, b: Expression): Expression =>
    apply(operator, [a, b]);
const reduction =
  (operator: Operator) =>
  (a: Expression, axes?: readonly number[], keepdims = false): Expression =>
    apply(operator, [a], axes === undefined ? { keepdims } : { axes, keepdims });

/** Any tensor of the model, by name: an input, a layer's output, a carrier. */
export const tensor = (name: string): Expression => ({ kind: 'tensor', name });
/** The same, of float64 where the model has it so: to be handed out, or cut first, for no operator computes in float64. */
export const exactTensor = (name: string): Expression => ({ kind: 'tensor', name, isExact: true });
export const row = (name: RowValue): Expression => ({ kind: 'row', name });
/** A value that changes between batches or sweeps: probe weights, an integration path's alpha, noise. */
export const parameter = (name: string, dtype: ValueType, shape: readonly (number | null)[]): Expression => ({
  kind: 'parameter',
  name,
  dtype,
  shape,
});
export const constant = (value: Tensor): Expression => ({ kind: 'constant', value });
/** A float32 scalar. */
export const scalar = (value: number): Expression =>
  constant({ dtype: 'float32', dims: [], data: Float32Array.of(value) });
/** d (sum of `of`) / d `wrt`, reverse mode, exact; of the shape of `wrt`, which must be a tensor of the model or a parameter. */
export const gradient = (of: Expression, wrt: Expression): Expression => ({
  kind: 'gradient',
  of,
  wrt,
  by: 'DERIVATIVES',
});
/**
 * The same with DeepLIFT's multipliers in place of derivatives, by the rescale rule: the rows of the run are a batch at its baselines and,
 * behind it, the batch itself. UNSUPPORTED_OPERATOR where an operator between the two has no such multiplier,
 * UNSUPPORTED_BY_EXECUTOR where a backend knows none.
 */
export const multiplier = (of: Expression, wrt: Expression): Expression => ({
  kind: 'gradient',
  of,
  wrt,
  by: 'MULTIPLIERS',
});

export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
export const div = binary('div');
export const pow = binary('pow');
export const matmul = binary('matmul');
export const minimum = binary('minimum');
export const maximum = binary('maximum');
export const equal = binary('equal');
export const less = binary('less');
export const greater = binary('greater');
export const and = binary('and');
export const or = binary('or');
export const not = unary('not');
export const neg = unary('neg');
export const abs = unary('abs');
export const sign = unary('sign');
export const exp = unary('exp');
export const log = unary('log');
export const sqrt = unary('sqrt');
export const sigmoid = unary('sigmoid');
export const tanh = unary('tanh');
export const relu = unary('relu');
export const softplus = unary('softplus');
export const where = (condition: Expression, a: Expression, b: Expression): Expression =>
  apply('where', [condition, a, b]);
export const cast = (a: Expression, to: ValueType): Expression => apply('cast', [a], { to });
export const reshape = (a: Expression, shape: readonly number[]): Expression => apply('reshape', [a], { shape });
export const expand = (a: Expression, shape: readonly number[]): Expression => apply('expand', [a], { shape });
export const transpose = (a: Expression, permutation: readonly number[]): Expression =>
  apply('transpose', [a], { permutation });
export const concat = (parts: readonly Expression[], axis: number): Expression => apply('concat', parts, { axis });
export const slice = (a: Expression, axis: number, start: number, end: number, step = 1): Expression =>
  apply('slice', [a], step === 1 ? { axis, start, end } : { axis, start, end, step });
export const gather = (a: Expression, indices: Expression, axis: number): Expression =>
  apply('gather', [a, indices], { axis });
export const reduceSum = reduction('reduceSum');
export const reduceMean = reduction('reduceMean');
export const reduceMin = reduction('reduceMin');
export const reduceMax = reduction('reduceMax');
