import type { Tensor, TensorData } from '../../compute/tensor.ts';
import { type FeatureBinding, slotsOf } from '../manifest/manifest.ts';
import type { Batch, InputRows } from '../types.ts';
import { type Bag, bagInputs } from './bags.ts';
import { withBags } from './part.ts';
import { type Encoded, type EncodedRow, numbersIn } from './string-table.ts';
import { blankTensor, fillRows, tensorOf } from './tensor-fill.ts';

/** A copy of rows, in which features have the values that they have in other rows. */
export interface CopyOfRows {
  /** Positions of the features that have another value in a row. */
  replaced(row: number): readonly number[] | Uint32Array;
  /** The rows that have it: in the same inputs, as far as these features fill them. */
  readonly other: InputRows;
  /** Which of them a row takes it from. */
  otherRow(row: number): number;
}

/**
 * Copies of rows, one after the other: what the model would get if somebody had written these rows. A feature is replaced whole, with
 * everything that is filled for it: its slots, padding included, the slot of its length, its list beside offsets.
 */
export function copiesOf(
  rows: InputRows,
  features: readonly FeatureBinding[],
  copies: readonly CopyOfRows[],
): InputRows {
  const bagged = bagInputs(rows.bags);
  const plain = Object.entries(rows.inputs).flatMap(([name, own]): [string, Tensor][] =>
    bagged.has(name) ? [] : [[name, copiesOfInput(name, own, rows.rowCount, features, copies)]],
  );
  const bags = (rows.bags ?? []).map((bag) => copiesOfBag(bag, rows.rowCount, features, copies));
  return withBags(copies.length * rows.rowCount, plain, bags);
}

function copiesOfInput(
  name: string,
  { dtype, dims, data }: Tensor,
  rowCount: number,
  features: readonly FeatureBinding[],
  copies: readonly CopyOfRows[],
): Tensor {
  const whole = blankTensor(dtype, [copies.length * rowCount, ...dims.slice(1)]);
  const [own, to] = [wordsOf(data), wordsOf(whole.data)];
  const rowWords = own.length / rowCount;
  const elementWords = own.length / data.length;
  const slots = features.map((feature) => slotsOf(feature).filter(({ input }) => input === name));
  for (const [copy, { replaced, other, otherRow }] of copies.entries()) {
    to.set(own, copy * own.length);
    const others = other.inputs[name];
    if (others === undefined) continue;
    const from = wordsOf(others.data);
    for (let row = 0; row < rowCount; row++) {
      const source = otherRow(row) * rowWords;
      const target = copy * own.length + row * rowWords;
      for (const at of replaced(row))
        for (const { index, width } of slots[at] as (typeof slots)[number])
          for (let word = index * elementWords; word < (index + width) * elementWords; word++)
            to[target + word] = from[source + word] as number;
    }
  }
  return whole;
}

/** Elements as whole numbers of four bytes, or of one: as such they are copied bit by bit, and no BigInt is made for an id. */
const wordsOf = ({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT }: TensorData): Int32Array | Uint8Array =>
  BYTES_PER_ELEMENT % 4 === 0
    ? new Int32Array(buffer, byteOffset, byteLength / 4)
    : new Uint8Array(buffer, byteOffset, byteLength);

function copiesOfBag(
  bag: Bag,
  rowCount: number,
  features: readonly FeatureBinding[],
  copies: readonly CopyOfRows[],
): Bag {
  const feature = features.findIndex(({ input }) => input === bag.bound.ids.name);
  const ids: number[] = [];
  const starts = [0];
  const take = ({ ids: from, starts: bounds }: Bag, row: number): void => {
    for (let at = bounds[row] as number; at < (bounds[row + 1] as number); at++) ids.push(from[at] as number);
    starts.push(ids.length);
  };
  for (const { replaced, other, otherRow } of copies) {
    const others = other.bags?.find(({ bound }) => bound.ids.name === bag.bound.ids.name) as Bag;
    for (let row = 0; row < rowCount; row++)
      if (replaced(row).includes(feature)) take(others, otherRow(row));
      else take(bag, row);
  }
  return { bound: bag.bound, ids, starts };
}

/** A row that was kept by input, for copies of a batch; zero behind the elements that were kept. */
export function keptRow(kept: EncodedRow, { inputs, bags = [], texts }: Batch): InputRows {
  const bagged = bagInputs(bags);
  const numbers = (name: string): number[] => numbersIn(kept[name] ?? [], texts);
  const plain = Object.entries(inputs).flatMap(([name, { dtype, dims }]): [string, Tensor][] =>
    bagged.has(name) ? [] : [[name, tensorOf(dtype, [1, ...dims.slice(1)], numbers(name))]],
  );
  const lists = bags.map(({ bound }): Bag => {
    const ids = numbers(bound.ids.name);
    return { bound, ids, starts: [0, ids.length] };
  });
  return withBags(1, plain, lists);
}

/** Rows that have these values of a feature, which takes a single element, and of no other feature anything. */
export function rowsWith(
  values: readonly Encoded[],
  { input, index }: FeatureBinding,
  { inputs, rowCount, texts }: Batch,
): InputRows {
  const { dtype, dims, data } = inputs[input] as Tensor;
  const width = data.length / rowCount;
  const tensor = blankTensor(dtype, [values.length, ...dims.slice(1)]);
  fillRows(
    tensor.data,
    { index, rowWidth: width },
    0,
    { numbers: Float64Array.from(numbersIn(values, texts)), width: 1 },
    0,
    values.length,
  );
  return { rowCount: values.length, inputs: { [input]: tensor } };
}
