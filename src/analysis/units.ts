import type { LayerGraph } from '../compute/graph.ts';
import {
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
  tensor,
  transpose,
} from '../compute/program.ts';
import { badUserInput } from '../errors.ts';
import type { Subject } from './analysis.ts';

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
 * and attention layers often have positions before rows, whose number alone is open.
 */
export function unitsLast({ output, unitAxis }: LayerGraph): { values: Expression; positionAxes: number[] } {
  const values = cast(tensor(output.name), 'float32');
  const rank = output.shape.length;
  if (rank === 1) return { values: reshape(values, [-1, 1]), positionAxes: [] };
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  const rowAxis = Math.max(0, output.shape.indexOf(null));
  const order = [rowAxis, ...axes.filter((axis) => axis !== rowAxis && axis !== unitAxis), unitAxis];
  return {
    values: order.every((axis, at) => axis === at) ? values : transpose(values, order),
    positionAxes: axes.slice(1, -1),
  };
}

/** [observations, units]: rows, times positions. */
export function observations(layer: LayerGraph): Expression {
  const { values, positionAxes } = unitsLast(layer);
  return positionAxes.length === 0 ? values : reshape(values, [-1, layer.units]);
}

/** How many there are in [observations, units]: every row of a batch has the same number of positions, which only it knows. */
export function countOf(values: Expression): Expression {
  const isZero = equal(slice(values, 1, 0, 1), scalar(0));
  return reduceSum(cast(or(isZero, not(isZero)), 'float32'));
}

/** [rows, units]: of each row the mean of its positions, where it has them. */
export function meansOfRows(layer: LayerGraph): Expression {
  const { values, positionAxes } = unitsLast(layer);
  return positionAxes.length === 0 ? values : reduceMean(values, positionAxes);
}
