import type { LayerGraph } from '../../compute/graph.ts';
import { type Expression, type Program, parameter, reduceMean, reshape } from '../../compute/program.ts';
import type { Subject } from '../analysis.ts';
import { summedRows } from '../sums/cross-products.ts';
import { isOfElements } from '../units/row-axis.ts';
import { layerOf, unitsLast } from '../units/units.ts';

/** Two layers, or all layers with all when omitted. Without a base model, both are layers of the one that is asked. */
export interface SimilaritySpec {
  readonly base?: string;
  readonly candidate?: string;
}

/** A layer of either model. */
export interface SidedLayer {
  readonly layer: LayerGraph;
  readonly isBase: boolean;
  /** Of every row; null: known at run time only; 0: which value is of which row is not known. */
  readonly positions: number | null;
}

export interface Sides {
  readonly base: readonly SidedLayer[];
  readonly candidate: readonly SidedLayer[];
}

export function sidesOf(spec: SimilaritySpec, subject: Subject): Sides {
  const pick = (from: Subject, name: string | undefined, isBase: boolean): SidedLayer[] =>
    (name === undefined ? from.graph.layers : [layerOf({ layer: name }, from)]).map((layer) => ({
      layer,
      isBase,
      positions: isOfElements(layer, from) ? 0 : positionsOf(layer, from),
    }));
  return {
    base: pick(subject.base ?? subject, spec.base, subject.base !== undefined),
    candidate: pick(subject, spec.candidate, false),
  };
}

export const nameOf = ({ layer, isBase }: SidedLayer): string => `${isBase ? 'base' : 'own'}/${layer.name}`;

/**
 * How many positions a row has by the shape of the output. Where some layers of a model have positions, one without an axis for
 * them may still have them, on that of its rows.
 */
function positionsOf({ output, unitAxis }: LayerGraph, { graph }: Subject): number | null {
  const { shape } = output;
  if (shape.length < 3) return graph.layers.some((layer) => layer.output.shape.length > 2) ? null : 1;
  const rowAxis = Math.max(0, shape.indexOf(null));
  const others = shape.filter((_, axis) => axis !== rowAxis && axis !== unitAxis);
  return others.every((size) => size !== null)
    ? others.reduce<number>((product, size) => product * (size ?? 1), 1)
    : null;
}

/** [rows, positions, units] */
export function valuesOf(sided: SidedLayer): Expression {
  if (sided.isBase) return parameter(nameOf(sided), 'float32', [null, null, null]);
  return reshape(unitsLast(sided.layer).values, [0, -1, sided.layer.units]);
}

/** What is compared: a layer's observations, [rows · positions, units], or the mean of each row's positions, [rows, units]. */
export type View = 'observations' | 'rows';

export const seenBy = (sided: SidedLayer, view: View): Expression =>
  view === 'rows' ? reduceMean(valuesOf(sided), [1]) : reshape(valuesOf(sided), [-1, sided.layer.units]);

/** Numbers that leave the base's program with one batch: the runtimes are slow with outputs of more than 8 MB. */
const numbersAtOnce = 2 ** 21;

/** Gives out the layers of the base, for the program of the other model. */
export function baseProgram(layers: readonly SidedLayer[]): Program {
  return {
    outputs: Object.fromEntries(layers.map((sided) => [nameOf(sided), valuesOf({ ...sided, isBase: false })])),
  };
}

/** Of the program, and of the base’s where there is one: both run on the same rows. */
export function rowsAtOnceOf(base: readonly SidedLayer[]): number {
  const numbers = base.reduce(
    (sum, { layer, positions, isBase }) => sum + (isBase ? layer.units * (positions ?? 1) : 0),
    0,
  );
  return Math.max(16, Math.min(summedRows, Math.floor(numbersAtOnce / Math.max(1, numbers))));
}
