import { constant, type Expression, gather, reshape, slice } from '../../compute/program.ts';
import { elementCount, int64 } from '../../compute/tensor.ts';
import type { Carrier } from '../../data/manifest/carriers.ts';
import { type BagFeature, isBag } from '../../data/manifest/manifest.ts';
import type { Subject } from '../analysis.ts';
import { rowDimsOf, specOf } from './dims.ts';

/*
 * Where features lie in the tensors that carry them. A row of such a tensor is read in row-major order over all its axes but the batch,
 * as [places, size]: `size` is 1 of an input, and of a lookup what an entry has. So a feature is a set of places, however many axes there are
 * and whichever of them it runs along.
 */

/** An element of a feature, by the feature's position in the list. */
export interface Held {
  readonly at: number;
  readonly element: number;
}

/** What lies where in the rows of a tensor. */
interface Layout {
  /** Shape of a row. */
  readonly dims: readonly number[];
  readonly size: number;
  /** Of every place; undefined where no feature lies. */
  readonly held: readonly (Held | undefined)[];
}

export function layoutOf(name: string, subject: Subject, carriers: readonly (readonly Carrier[])[]): Layout {
  const dims = rowDimsOf(subject, name);
  const own = carriersIn(name, carriers);
  const size = own[0]?.carrier.size ?? 1;
  const held = new Array<Held | undefined>(elementCount(dims) / size).fill(undefined);
  for (const { carrier, at } of own)
    for (const [index, place] of carrier.places.entries())
      held[place] = { at, element: carrier.elements[index] as number };
  return { dims, size, held };
}

const carriersIn = (name: string, carriers: readonly (readonly Carrier[])[]) =>
  carriers.flatMap((own, at) => own.filter(({ tensor }) => tensor === name).map((carrier) => ({ carrier, at })));

/** The list of any length whose entries a tensor holds, if that is what it does: [elements, size], and no rows. */
export function bagIn(
  name: string,
  { features }: Subject,
  carriers: readonly (readonly Carrier[])[],
): { readonly feature: BagFeature; readonly at: number } | undefined {
  for (const { at } of carriersIn(name, carriers)) {
    const feature = features[at];
    if (isBag(feature)) return { feature, at };
  }
  return undefined;
}

/** One number of every row, [rows, 1], in a shape that broadcasts to the tensor's. */
export const ofRows = (values: Expression, { dims }: Layout): Expression =>
  dims.length === 1 ? values : reshape(values, [-1, ...dims.map(() => 1)]);

/** Numbers of places, [rows, places], in a shape that broadcasts to the tensor's. */
export function ofPlaces(values: Expression, { dims, size }: Layout): Expression {
  const isAlongPlaces = (axis: number): boolean => elementCount(dims.slice(axis + 1)) >= size;
  if (dims.length === 1 && isAlongPlaces(0)) return values;
  return reshape(values, [-1, ...dims.map((dim, axis) => (isAlongPlaces(axis) ? dim : 1))]);
}

/** Elements of the rows of a value shaped like a tensor of the model: [rows, elements]. */
export function rowsOf(value: Expression, name: string, subject: Subject): Expression {
  const rank = specOf(subject, name).shape.length;
  if (rank === 2) return value;
  return reshape(value, rank === 1 ? [-1, 1] : [0, -1]);
}

/** Those of a carrier, of a value shaped like its tensor: [rows, places · size]. */
export function ofCarrier(value: Expression, { tensor, places, size }: Carrier, subject: Subject): Expression {
  const rows = rowsOf(value, tensor, subject);
  const dims = specOf(subject, tensor).shape.slice(1);
  const isWhole =
    dims.reduce<number | null>((product, dim) => product && dim && product * dim, 1) === places.length * size;
  return isWhole ? rows : columnsAt(rows, elementsAt(places, size));
}

/** Of each place its elements, by their position in a row. */
export const elementsAt = (places: readonly number[], size: number): number[] =>
  places.flatMap((place) => Array.from({ length: size }, (_, at) => place * size + at));

/** Columns of a matrix. */
export function columnsAt(matrix: Expression, columns: readonly number[]): Expression {
  const [first = 0] = columns;
  if (columns.every((column, at) => column === first + at)) return slice(matrix, 1, first, first + columns.length);
  return gather(matrix, constant(int64([columns.length], columns)), 1);
}
