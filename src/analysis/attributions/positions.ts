import {
  add,
  concat,
  constant,
  type Expression,
  equal,
  gather,
  mul,
  reshape,
  row,
  scalar,
  slice,
  where,
} from '../../compute/program.ts';
import { float32, int64, type TensorSpec } from '../../compute/tensor.ts';
import type { Carrier } from '../../data/carriers.ts';
import { type FeatureBinding, isBag } from '../../data/manifest.ts';
import type { Subject } from '../analysis.ts';
import { atBagElements } from './bags.ts';
import { specOf } from './dims.ts';

/** A number for every row and feature: `columns`, [rows, columns], of which feature `at` has the column `columnOf(at)`. */
export interface ByFeature {
  readonly columns: Expression;
  columnOf(at: number): number;
  /** Of the batch, one after the other; 1 when undefined. */
  readonly copies?: number;
}

/** The same number of every row for all features: [rows, 1]. */
export const forAll = (columns: Expression): ByFeature => ({ columns, columnOf: () => 0 });

/** A matrix [copies, columns] for all rows of as many copies of a batch: [copies · rows, columns]. */
export function ofCopies(values: readonly (readonly number[])[]): Expression {
  const width = values[0]?.length ?? 1;
  const perCopy = constant(float32([values.length, 1, width], Float32Array.from(values.flat())));
  return reshape(mul(perCopy, reshape(onesPerRow(), [1, -1, 1])), [-1, width]);
}

/** [rows] of the batch, whatever the program makes of the model's tensors. */
export const onesPerRow = (): Expression => add(mul(row('labelled'), scalar(0)), scalar(1));

/**
 * Numbers of features at the elements of a tensor that carries them, of a shape that broadcasts to the tensor's. `elsewhere` where
 * nothing is carried, and where a sequence is filled up: such positions are never moved. `ids` are an input's, of the same rows.
 */
export function atElements(
  { columns, columnOf, copies = 1 }: ByFeature,
  elsewhere: 0 | 1,
  name: string,
  subject: Subject,
  carriers: readonly (readonly Carrier[])[],
  ids: (input: string) => Expression,
): Expression {
  const own = carried(name, subject, carriers);
  const { shape } = specOf(subject, name);
  const axis = own[0]?.carrier.axis ?? null;
  const ones = add(mul(slice(columns, 1, 0, 1), scalar(0)), scalar(elsewhere));
  const shaped = (values: Expression, size: number, at: number): Expression =>
    reshape(
      values,
      shape.map((_, axis) => (axis === 0 ? -1 : axis === at ? size : 1)),
    );
  if (axis === null || shape.length < 2) {
    const [{ feature, at } = { feature: undefined, at: 0 }] = own;
    const column = slice(columns, 1, columnOf(at), columnOf(at) + 1);
    if (isBag(feature)) return atBagElements(column, feature, copies);
    if (feature?.kind !== 'SEQUENCE') return shaped(column, 1, 0);
    return shaped(where(isPadding(feature, subject, ids), ones, column), feature.length, 1);
  }
  const places = new Array<number>(shape[axis] ?? 0).fill(-1);
  for (const { carrier, at } of own) places.fill(at, carrier.start, carrier.start + carrier.length);
  const isUniform = places.every((at) => at >= 0 && columnOf(at) === 0);
  if (isUniform && own.every(({ feature }) => feature.kind !== 'SEQUENCE'))
    return shaped(slice(columns, 1, 0, 1), 1, axis);
  return shaped(atPlaces({ columns, columnOf }, elsewhere, places, subject, ids), places.length, axis);
}

/** Numbers of features at places, [rows, places], by the feature that each belongs to; −1 for none. */
export function atPlaces(
  { columns, columnOf }: ByFeature,
  elsewhere: 0 | 1,
  places: readonly number[],
  subject: Subject,
  ids: (input: string) => Expression,
): Expression {
  const ones = add(mul(slice(columns, 1, 0, 1), scalar(0)), scalar(elsewhere));
  const last = Math.max(...places.map((at) => (at < 0 ? 0 : columnOf(at)))) + 1;
  const chosen = int64(
    [places.length],
    places.map((at) => (at < 0 ? last : columnOf(at))),
  );
  const values = gather(concat([slice(columns, 1, 0, last), ones], 1), constant(chosen), 1);
  return butPadding(values, ones, places, subject, ids);
}

/** `elsewhere` instead of the values, [rows, places], where a sequence is filled up. */
function butPadding(
  values: Expression,
  elsewhere: Expression,
  places: readonly number[],
  subject: Subject,
  ids: (input: string) => Expression,
): Expression {
  const parts: Expression[] = [];
  for (let from = 0; from < places.length; ) {
    const at = places[from] as number;
    const to = places.findIndex((other, place) => place > from && other !== at);
    const end = to < 0 ? places.length : to;
    const part = slice(values, 1, from, end);
    const feature = subject.features[at];
    parts.push(feature?.kind === 'SEQUENCE' ? where(isPadding(feature, subject, ids), elsewhere, part) : part);
    from = end;
  }
  return parts.length === 1 ? (parts[0] as Expression) : concat(parts, 1);
}

/** [rows, positions]: where a sequence holds its padding. */
export function isPadding(
  feature: FeatureBinding & { kind: 'SEQUENCE' },
  { graph }: Subject,
  ids: (input: string) => Expression,
): Expression {
  const dtype = graph.inputs.find(({ name }) => name === feature.input)?.dtype ?? 'int64';
  const padding = dtype.startsWith('float')
    ? scalar(feature.padding)
    : constant({ dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(feature.padding)) });
  const rows = reshape(ids(feature.input), [0, -1]);
  return equal(slice(rows, 1, feature.index, feature.index + feature.length), padding);
}

/** The carriers that lie in a tensor, with their features. */
function carried(name: TensorSpec['name'], { features }: Subject, carriers: readonly (readonly Carrier[])[]) {
  return carriers.flatMap((own, at) =>
    own
      .filter((carrier) => carrier.tensor === name)
      .map((carrier) => ({ carrier, feature: features[at] as FeatureBinding, at })),
  );
}

/** Whether every element of a tensor is carried by a feature and none of them may be padding. */
export function isWhollyMoved(name: string, subject: Subject, carriers: readonly (readonly Carrier[])[]): boolean {
  const own = carried(name, subject, carriers);
  if (own.some(({ feature }) => feature.kind === 'SEQUENCE')) return own.every(({ feature }) => isBag(feature));
  const axis = own[0]?.carrier.axis ?? null;
  if (axis === null) return true;
  return own.reduce((sum, { carrier }) => sum + carrier.length, 0) >= (specOf(subject, name).shape[axis] ?? 0);
}
