import type { Tensor } from '../compute/tensor.ts';
import { blankTensor } from './fill.ts';

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
    [bound.ids.name, tensorOf(bound.ids.dtype, ids.slice(first, starts[to]))],
    [bound.offsets.name, tensorOf(bound.offsets.dtype, offsets)],
  ];
}

function tensorOf(dtype: Tensor['dtype'], values: readonly number[]): Tensor {
  const tensor = blankTensor(dtype, [values.length]);
  const { data } = tensor;
  if (data instanceof BigInt64Array) for (const [at, value] of values.entries()) data[at] = BigInt(value);
  else data.set(values);
  return tensor;
}
