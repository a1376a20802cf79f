import { unsupportedOperator } from '../../../errors.ts';
import type { Site } from './site.ts';
import type { Value } from './value.ts';

/** Operators that stretch their inputs; their rules need not mind. */
export const broadcasting: ReadonlySet<string> = new Set(
  'Add Sub Mul Div Pow Mod Where PRelu Max Min Sum Mean MatMul Gemm Expand Clip'.split(' '),
);

/**
 * Undoes numpy's broadcasting: sums a gradient of the output's shape over the axes along which input `index` was stretched, and
 * gives it the shape of the input.
 *
 * Where sizes are known at run time only, an axis may or may not have been stretched. It was not when no other operand has it, and
 * neither when it is the first of both: those are rows, of which there are equally many everywhere, and the reshape to the input's
 * own sizes fails loudly should they not be. For other axes the graph looks at the sizes when it runs.
 */
export function unbroadcast(gradient: Value, index: number, site: Site): Value {
  const input = site.input(index);
  const { shape } = input;
  const added = gradient.rank - shape.length;
  const sizeOf = (axis: number) => (axis < added ? 1 : (shape[axis - added] ?? null));
  const axes = [...gradient.shape.keys()];
  const stretched = axes.filter((axis) => axis < added || (sizeOf(axis) === 1 && gradient.shape[axis] !== 1));
  const open = axes.filter((axis) => sizeOf(axis) === null && isShared(site, index, gradient.rank - axis));
  const undecided = open.filter((axis) => axis > 0 || added > 0 || gradient.shape[axis] !== null);
  const summed = sumWhereOne(gradient.sum(stretched), undecided, added, input).squeeze(axes.slice(0, added));
  return open.length > undecided.length ? summed.reshape(input.sizes()) : summed;
}

/** Whether another operand may have more than one element on the axis that is `fromEnd`-th from the end. */
function isShared({ node, inputs }: Site, index: number, fromEnd: number): boolean {
  if (node.opType === 'Expand') return true;
  if (node.opType === 'MatMul' && fromEnd <= 2) return false;
  if (node.opType === 'Gemm' && index < 2) return false;
  return inputs.some(({ spec, name }, other) => {
    if (other === index || name === '') return false;
    return spec === undefined || (fromEnd <= spec.shape.length && spec.shape.at(-fromEnd) !== 1);
  });
}

/** Sums over those of the axes on which the input turns out to have one element. */
function sumWhereOne(gradient: Value, axes: readonly number[], added: number, input: Value): Value {
  if (axes.length === 0) return gradient;
  if (gradient.graph.opset < 13)
    return axes.reduce((sum, axis) => eitherSummed(sum, axis, axis - added, input), gradient);
  const sizes = gradient.op('Gather', [input.sizes(), gradient.integers(axes.map((axis) => axis - added))], {
    axis: 0,
  });
  const stretched = gradient.op('Compress', [gradient.integers(axes), sizes.equal(1)], { axis: 0 });
  return gradient.op('ReduceSum', [gradient, stretched], { keepdims: 1, noop_with_empty_axes: 1 });
}

/** The same for one axis where axes cannot be computed yet: cuts one of both out of [gradient, sum]. */
function eitherSummed(gradient: Value, axis: number, inputAxis: number, input: Value): Value {
  const { opset } = gradient.graph;
  if (opset < 10)
    throw unsupportedOperator(
      `The gradient of “${input.name}” needs slices whose place is known at run time only, which come with opset 10, and the model has opset ${opset}. Export the model again with opset 18.`,
      { operator: 'Slice', opset },
    );
  const size = input.sizes().slice(0, inputAxis, inputAxis + 1);
  const isOne = size.equal(1).cast('int64');
  const count = gradient.sizes().slice(0, axis, axis + 1);
  const both = gradient.concat([gradient.sum([axis])], axis);
  const result = both.op('Slice', [both, isOne.mul(count), isOne.add(count), both.integers([axis])]);
  return result.sized(gradient.shape.with(axis, null), gradient.dtype);
}
