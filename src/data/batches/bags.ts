import type { Tensor } from '../../compute/tensor.ts';
import { tensorOf } from './tensor-fill.ts';

/** The inputs of a feature whose rows have any number of ids. */
export interface BoundBag {
  readonly ids: Pick<Tensor, 'dtype'> & { readonly name: string };
  readonly offsets: Pick<Tensor, 'dtype'> & { readonly name: string };
  readonly includeLastOffset: boolean;
}

/** Ids of many rows, one after the other: those of row i are `ids[starts[i]]` to before `ids[starts[i + 1]]`. */
export interface Bag {
  readonly bound: BoundBag;
  readonly ids: readonly number[];
  /** One more than rows. */
  readonly starts: readonly number[];
}

/** The same of rows `from` to before `to`. */
export function partOfBag({ bound, ids, starts }: Bag, from: number, to: number): Bag {
  const first = starts[from] as number;
  return { bound, ids: ids.slice(first, starts[to]), starts: starts.slice(from, to + 1).map((start) => start - first) };
}

/** The two inputs of rows `from` to before `to`: ids [any], offsets [rows], or [rows + 1] with the last. */
export function bagTensors({ bound, ids, starts }: Bag, from: number, to: number): [name: string, Tensor][] {
  const first = starts[from] as number;
  const offsets = starts.slice(from, bound.includeLastOffset ? to + 1 : to).map((start) => start - first);
  return [
    [bound.ids.name, tensorOf(bound.ids.dtype, [(starts[to] as number) - first], ids.slice(first, starts[to]))],
    [bound.offsets.name, tensorOf(bound.offsets.dtype, [offsets.length], offsets)],
  ];
}

/** Names of the inputs that bags fill. */
export const bagInputs = (bags: readonly Bag[] = []): ReadonlySet<string> =>
  new Set(bags.flatMap(({ bound }) => [bound.ids.name, bound.offsets.name]));

/** Lists, one after the other, each a stretch of a bag's ids. */
export function joinedBags(parts: readonly Bag[]): Bag {
  const [first] = parts as [Bag];
  const ids: number[] = [];
  const starts = [0];
  for (const part of parts) {
    for (const start of part.starts.slice(1)) starts.push(ids.length + start);
    for (const id of part.ids) ids.push(id);
  }
  return { bound: first.bound, ids, starts };
}
