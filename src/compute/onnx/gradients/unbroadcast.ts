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
  const { opset } = gradient.graph;
  if (opset < 13)
    throw unsupportedOperator(
      `The gradient of “${input.name}” needs sums over axes that are known at run time only, which come with opset 13, and the model has opset ${opset}. Export the model again with opset 18.`,
      { operator: 'ReduceSum', opset },
    );
  const candidates = gradient.integers(axes);
  const sizes = gradient.op('Gather', [input.sizes(), gradient.integers(axes.map((axis) => axis - added))], {
    axis: 0,
  });
  const stretched = gradient.op('Compress', [candidates, sizes.op('Equal', [sizes, 1])], { axis: 0 });
  return gradient.op('ReduceSum', [gradient, stretched], { keepdims: 1, noop_with_empty_axes: 1 });
}
