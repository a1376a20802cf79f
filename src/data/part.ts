import type { Tensor } from '../compute/tensor.ts';
import { bagTensors, partOfBag } from './bags.ts';
import type { Batch } from './types.ts';

/** Rows `from` to before `to` of a batch; in the same memory, except for bags. */
export function partOf(batch: Batch, from: number, to: number): Batch {
  if (from === 0 && to === batch.rowCount) return batch;
  const { bags = [], others, texts } = batch;
  const bagged = new Set(bags.flatMap(({ bound }) => [bound.ids.name, bound.offsets.name]));
  const plain = (inputs: Batch['inputs']): [string, Tensor][] =>
    Object.entries(inputs)
      .filter(([name]) => !bagged.has(name))
      .map(([name, { dtype, dims, data }]) => {
        const width = data.length / batch.rowCount;
        return [name, { dtype, dims: [to - from, ...dims.slice(1)], data: data.subarray(from * width, to * width) }];
      });
  return {
    rowCount: to - from,
    ...(bags.length === 0 ? {} : { bags: bags.map((bag) => partOfBag(bag, from, to)) }),
    ...(texts && { texts }),
    index: batch.index.subarray(from, to),
    inputs: Object.fromEntries([...plain(batch.inputs), ...bags.flatMap((bag) => bagTensors(bag, from, to))]),
    ...(others === undefined ? {} : { others: others.map((inputs) => Object.fromEntries(plain(inputs))) }),
    label: batch.label.subarray(from, to),
    labelled: batch.labelled.subarray(from, to),
    columns: Object.fromEntries(
      Object.entries(batch.columns).map(([name, values]) => [name, values.subarray(from, to)]),
    ),
    skippedRowCount: 0,
  };
}
