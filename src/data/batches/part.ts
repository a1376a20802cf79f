import type { Tensor } from '../../compute/tensor.ts';
import type { Batch, InputRows } from '../types.ts';
import { bagInputs, bagTensors, partOfBag } from './bags.ts';

/** Rows `from` to before `to` of a batch; in the same memory, except for bags. */
export function partOf(batch: Batch, from: number, to: number): Batch {
  if (from === 0 && to === batch.rowCount) return batch;
  const { others, texts } = batch;
  return {
    ...partOfRows(batch, from, to),
    ...(texts && { texts }),
    index: batch.index.subarray(from, to),
    ...(others === undefined ? {} : { others: others.map((rows) => partOfRows(rows, from, to)) }),
    label: batch.label.subarray(from, to),
    labelled: batch.labelled.subarray(from, to),
    columns: Object.fromEntries(
      Object.entries(batch.columns).map(([name, values]) => [name, values.subarray(from, to)]),
    ),
    skippedRowCount: 0,
  };
}

function partOfRows({ rowCount, inputs, bags = [] }: InputRows, from: number, to: number): InputRows {
  const bagged = bagInputs(bags);
  const plain = Object.entries(inputs).flatMap(([name, { dtype, dims, data }]): [string, Tensor][] => {
    const width = data.length / rowCount;
    const part = data.subarray(from * width, to * width);
    return bagged.has(name) ? [] : [[name, { dtype, dims: [to - from, ...dims.slice(1)], data: part }]];
  });
  return withBags(
    to - from,
    plain,
    bags.map((bag) => partOfBag(bag, from, to)),
  );
}

/** Rows of these inputs and bags. */
export const withBags = (
  rowCount: number,
  plain: readonly (readonly [string, Tensor])[],
  bags: NonNullable<InputRows['bags']>,
): InputRows => ({
  rowCount,
  inputs: Object.fromEntries([...plain, ...bags.flatMap((bag) => bagTensors(bag, 0, rowCount))]),
  ...(bags.length === 0 ? {} : { bags }),
});
