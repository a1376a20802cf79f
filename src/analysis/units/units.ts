import type { LayerGraph } from '../../compute/graph.ts';
import {
  add,
  cast,
  type Expression,
  equal,
  not,
  or,
  reduceMean,
  reduceSum,
  reshape,
  scalar,
  slice,
  sub,
  tensor,
  transpose,
} from '../../compute/program.ts';
import { badUserInput, unsupportedByExecutor } from '../../errors.ts';
import type { Subject } from '../analysis.ts';

/** Of an analysis of one layer. */
export interface LayerSpec {
  readonly layer: string;
}

export function layerOf({ layer }: LayerSpec, { graph }: Subject): LayerGraph {
  const found = graph.layers.find(({ name }) => name === layer);
  if (found === undefined) throw badUserInput('layer', `The model has no layer “${layer}”.`);
  return found;
}

/**
 * The layer's output, float32, with its rows on the first axis and its units on the last, and the axes between them. Recurrent
 * and attention layers often have positions before rows, whose number alone is open. `of`: another tensor of the output's shape.
 */
export function unitsLast(
  layer: LayerGraph,
  of: Expression = tensor(layer.output.name),
): { values: Expression; positionAxes: number[] } {
  const values = cast(of, 'float32');
  const rank = layer.output.shape.length;
  if (rank === 1) return { values: reshape(values, [-1, 1]), positionAxes: [] };
  const order = unitsLastOrder(layer);
  return {
    values: order.every((axis, at) => axis === at) ? values : transpose(values, order),
    positionAxes: order.map((_, at) => at).slice(1, -1),
  };
}

/** Rows, positions, units. */
function unitsLastOrder({ output, unitAxis }: LayerGraph): number[] {
  const axes = output.shape.map((_, axis) => axis);
  const rowAxis = Math.max(0, output.shape.indexOf(null));
  return [rowAxis, ...axes.filter((axis) => axis !== rowAxis && axis !== unitAxis), unitAxis];
}

/** Sizes of the axes between rows and units. Throws UNSUPPORTED_BY_EXECUTOR where one is known at run time only. */
export function positionDims(layer: LayerGraph): number[] {
  const dims = unitsLastOrder(layer)
    .slice(1, -1)
    .map((axis) => layer.output.shape[axis]);
  if (dims.every((dim) => typeof dim === 'number')) return dims as number[];
  throw unsupportedByExecutor(
    `How many positions the layer “${layer.name}” has is known at run time only. Export the model with fixed lengths.`,
    { layer: layer.name },
  );
}

/** [observations, units]: rows, times positions. */
export function observations(layer: LayerGraph): Expression {
  const { values, positionAxes } = unitsLast(layer);
  return positionAxes.length === 0 ? values : reshape(values, [-1, layer.units]);
}

/** [rows, units]: of each row the mean of its positions, where it has them. */
export function meansOfRows(layer: LayerGraph): Expression {
  const { values, positionAxes } = unitsLast(layer);
  return positionAxes.length === 0 ? values : reduceMean(values, positionAxes);
}

/** How many there are in [observations, units]: every row of a batch has the same number of positions, which only it knows. */
export const countOf = (values: Expression): Expression => reduceSum(onesOf(values));

/** [observations, 1], of [observations, units]. */
export function onesOf(values: Expression): Expression {
  const isZero = equal(slice(values, 1, 0, 1), scalar(0));
  return cast(or(isZero, not(isZero)), 'float32');
}

/** Rows of a batch are at most 4,096: of each 64, one. */
const sampled = { rows: 4096, every: 64 };

/**
 * Of values with their rows on the first axis and the numbers of one observation on the last: the mean of a sample, as far as each
 * is from the very first. A mean of all rows would cost as much as all that is done with it, and of a constant this is the constant
 * itself, so that nothing but zeros is left of it. From all over the batch, since rows come in an order, such as that of time: of
 * its first rows, it would be off by what float32 then loses to sums that grow.
 */
export function nearMean(values: Expression, positionAxes: readonly number[] = []): Expression {
  const axes = [0, ...positionAxes];
  const sample = slice(values, 0, 0, sampled.rows, sampled.every);
  const first = axes.reduce((part, axis) => slice(part, axis, 0, 1), sample);
  return add(first, reduceMean(sub(sample, first), axes));
}
