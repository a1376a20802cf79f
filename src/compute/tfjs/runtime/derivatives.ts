import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs';
import type { Runtime } from './library.ts';

/** Attributes as a kernel got them. */
type Attributes = NamedAttrMap & { readonly [name: string]: unknown };
type Saved = readonly [Tensor, ...Tensor[]];
/** Gradients by the kernel's inputs from that of its output. */
type Rule = (dy: Tensor, saved: Saved, attributes: Attributes) => Record<string, () => Tensor>;
type Register = (kernelName: string, inputsToSave: string[], gradient: Rule) => void;

/**
 * Rules that replace those of tfjs 4.22. Its own save the *output* of Sigmoid, Tanh, …, which the tape of a second derivative does
 * not see, so that it is wrong without an error; these save the input and compute the output again. Ties share a gradient, and
 * |x|′ is 0 at 0, as everywhere in this project.
 */
export function registerDerivatives(tf: Runtime): void {
  const rule: Register = (kernelName, inputsToSave, gradient) =>
    tf.registerGradient({ kernelName, inputsToSave, gradFunc: gradient as unknown as GradConfig['gradFunc'] });
  /** f′(x) · dy of an operator on single elements. */
  const elementwise = (kernelName: string, derivative: (x: Tensor, attributes: Attributes) => Tensor): void => {
    const input = kernelName === 'Softmax' ? 'logits' : 'x';
    rule(kernelName, [input], (dy, saved, attributes) => ({
      [input]: () => tf.mul(dy, derivative(saved[0], attributes)),
    }));
  };
  elementwise('Sigmoid', (x) => tf.mul(tf.sigmoid(x), tf.sigmoid(tf.neg(x))));
  elementwise('Tanh', (x) => tf.sub(1, tf.square(tf.tanh(x))));
  elementwise('Exp', (x) => tf.exp(x));
  elementwise('Expm1', (x) => tf.exp(x));
  elementwise('Abs', (x) => tf.sign(x));
  elementwise('Elu', (x) => tf.where(tf.greater(x, 0), tf.onesLike(x), tf.exp(tf.minimum(x, 0))));
  registerConstants(tf, rule);
  registerGather(tf, rule);
  registerSoftmax(tf, rule);
  registerExtremes(tf, rule);
  registerStridedSlice(tf, rule);
  registerEinsum(tf);
}

/** Their gradient is zero; tfjs has none for most, and lets one pass through a cast to whole numbers. */
function registerConstants(tf: Runtime, rule: Register): void {
  const binary = 'Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor'.split(' ');
  for (const [names, inputs] of [
    [binary, ['a', 'b']],
    [['LogicalNot', 'Any', 'All', 'ArgMax', 'ArgMin'], ['x']],
  ] as const)
    for (const name of names)
      rule(name, [...inputs], (_, saved) =>
        Object.fromEntries(inputs.map((input, at) => [input, () => tf.zeros(saved[at]?.shape ?? [])])),
      );
  rule('Cast', ['x'], (dy, saved, attributes) => ({
    x: () => (attributes.dtype === 'float32' ? tf.cast(dy, 'float32') : tf.zeros(saved[0].shape)),
  }));
}

/** tfjs sums over segments, for which WASM has no kernel, and gives the indices a gradient. */
function registerGather(tf: Runtime, rule: Register): void {
  rule('GatherV2', ['x', 'indices'], (dy, saved, attributes) => {
    const [x, indices] = saved as readonly [Tensor, Tensor];
    const { axis: written, batchDims } = attributes as Attributes & { axis: number; batchDims: number };
    if (batchDims !== 0) throw new Error('Cannot compute gradient: gradient function not found for GatherV2 by batch.');
    const axis = tf.util.parseAxisParam(written, x.shape)[0] as number;
    const [before, after] = [x.shape.slice(0, axis), x.shape.slice(axis + 1)];
    const length = x.shape[axis] as number;
    const sum = () => {
      const places = tf.cast(tf.oneHot(tf.reshape(indices, [indices.size]) as never, length), 'float32');
      const flat = tf.reshape(dy, [tf.util.sizeFromShape(before), indices.size, tf.util.sizeFromShape(after)]);
      return tf.reshape(tf.matMul(tf.expandDims(tf.transpose(places), 0), flat), x.shape);
    };
    return { x: sum, indices: () => tf.zeros(indices.shape) };
  });
}

function registerSoftmax(tf: Runtime, rule: Register): void {
  rule('Softmax', ['logits'], (dy, saved, attributes) => {
    const { dim } = attributes as Attributes & { dim: number };
    const output = tf.softmax(saved[0], dim);
    const weighted = tf.mul(dy, output);
    return { logits: () => tf.sub(weighted, tf.mul(tf.sum(weighted, dim, true), output)) };
  });
  rule('LogSoftmax', ['logits'], (dy, saved, attributes) => {
    const { axis } = attributes as Attributes & { axis: number };
    const output = tf.softmax(saved[0], axis);
    return { logits: () => tf.sub(dy, tf.mul(tf.sum(dy, axis, true), output)) };
  });
}

/** Equal extremes share the gradient. */
function registerExtremes(tf: Runtime, rule: Register): void {
  for (const [kernelName, reduce] of [
    ['Max', tf.max],
    ['Min', tf.min],
  ] as const)
    rule(kernelName, ['x'], (dy, saved, attributes) => {
      const [x] = saved;
      const named = attributes as Attributes & { reductionIndices?: number[]; axis?: number | number[] };
      const axes = tf.util.parseAxisParam(named.reductionIndices ?? named.axis ?? x.shape.map((_, at) => at), x.shape);
      const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
      const isExtreme = tf.cast(tf.equal(x, reduce(x, axes, true)), 'float32');
      const share = tf.div(isExtreme, tf.sum(isExtreme, axes, true));
      return { x: () => tf.mul(tf.reshape(dy, kept), share) };
    });
  for (const [kernelName, wins] of [
    ['Maximum', tf.greater],
    ['Minimum', tf.less],
  ] as const)
    rule(kernelName, ['a', 'b'], (dy, saved) => {
      const [a, b] = saved as readonly [Tensor, Tensor];
      const toA = tf.add(tf.cast(wins(a, b), 'float32'), tf.mul(0.5, tf.cast(tf.equal(a, b), 'float32')));
      return {
        a: () => unbroadcast(tf, tf.mul(dy, toA), a.shape),
        b: () => unbroadcast(tf, tf.mul(dy, tf.sub(1, toA)), b.shape),
      };
    });
}

/** Sums over the axes along which an operand of shape `shape` was repeated. */
function unbroadcast(tf: Runtime, value: Tensor, shape: readonly number[]): Tensor {
  const added = value.rank - shape.length;
  const axes = value.shape.flatMap((dim, axis) =>
    axis < added || (shape[axis - added] === 1 && dim > 1) ? [axis] : [],
  );
  return tf.reshape(axes.length === 0 ? value : tf.sum(value, axes), [...shape]);
}

/** tfjs has none. */
function registerStridedSlice(tf: Runtime, rule: Register): void {
  rule('StridedSlice', ['x'], (dy, saved, attributes) => {
    const [x] = saved;
    const { begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask } =
      attributes as unknown as Record<string, number> & Record<'begin' | 'end' | 'strides', number[]>;
    const info = tf.slice_util.sliceInfo(
      ...([x.shape, begin, end, strides, beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] as Parameters<
        typeof tf.slice_util.sliceInfo
      >),
    );
    if (info.strides.some((stride) => stride !== 1))
      throw new Error('Cannot compute gradient: gradient function not found for StridedSlice with steps.');
    const sizes = info.begin.map((start, axis) => (info.end[axis] as number) - start);
    const around = info.begin.map((start, axis): [number, number] => [
      start,
      (x.shape[axis] as number) - start - (sizes[axis] as number),
    ]);
    return { x: () => tf.pad(tf.reshape(dy, sizes), around) };
  });
}

/**
 * tfjs has none. The gradient by an operand is a product of the same kind, of dy with the other one. A letter of one operand alone,
 * which is summed over, is refused.
 */
function registerEinsum(tf: Runtime): void {
  const gradFunc = (dy: Tensor, saved: readonly Tensor[], { equation }: { equation: string }) => {
    const [left = '', result = ''] = equation.replaceAll(' ', '').split('->');
    const letters = left.split(',');
    if (letters.length !== 2 || equation.includes('.'))
      throw new Error('Cannot compute gradient: gradient function not found for this Einsum.');
    return letters.map((own, at) => () => {
      const other = letters[1 - at] as string;
      if ([...own].some((letter) => !(other + result).includes(letter)))
        throw new Error('Cannot compute gradient: gradient function not found for Einsum with a sum over one operand.');
      return tf.einsum(`${result},${other}->${own}`, dy, saved[1 - at] as Tensor);
    });
  };
  tf.registerGradient({
    kernelName: 'Einsum',
    saveAllInputs: true,
    gradFunc: gradFunc as unknown as GradConfig['gradFunc'],
  });
}
