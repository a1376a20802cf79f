import {
  add,
  concat,
  constant,
  type Expression,
  gather,
  mul,
  parameter,
  reshape,
  slice,
  tensor,
} from '../../compute/program.ts';
import { float32, int64 } from '../../compute/tensor.ts';
import type { Bag } from '../../data/batches/bags.ts';
import { type BagFeature, isBag } from '../../data/manifest/manifest.ts';
import type { Batch } from '../../data/types.ts';
import { unsupportedByExecutor } from '../../errors.ts';
import type { Subject, Values } from '../analysis.ts';

const elementCount = (input: string): Expression => parameter(`bag/${input}/count`, 'int64', []);
const elementRows = (input: string): Expression => parameter(`bag/${input}/rows`, 'int64', [null]);
const rowElements = (input: string): Expression => parameter(`bag/${input}/elements`, 'int64', [null, null]);
const rowCount = (): Expression => parameter('bag/rowCount', 'int64', []);

/** Parameters of a batch with bags, for every program: which elements a row has, and which row an element is of. */
export function bagValues({ bags = [], rowCount }: Batch): Values {
  const own = bags.flatMap((bag) => {
    const { name } = bag.bound.ids;
    return [
      [`bag/${name}/count`, int64([], [bag.ids.length])],
      [`bag/${name}/rows`, int64([bag.ids.length], rowsOf(bag))],
      [`bag/${name}/elements`, elementsOf(bag, rowCount)],
    ] as const;
  });
  return own.length === 0 ? {} : Object.fromEntries([...own, ['bag/rowCount', int64([], [rowCount])]]);
}

const rowsOf = ({ starts }: Bag): number[] =>
  starts.slice(1).flatMap((end, row) => new Array<number>(end - (starts[row] as number)).fill(row));

/** [rows, longest]; behind the last of a row, the number of elements. */
function elementsOf({ ids, starts }: Bag, rowCount: number) {
  const lengths = starts.slice(1).map((end, row) => end - (starts[row] as number));
  const longest = lengths.reduce((a, b) => Math.max(a, b), 1);
  const places = new Array<number>(rowCount * longest).fill(ids.length);
  for (const [row, length] of lengths.entries())
    for (let at = 0; at < length; at++) places[row * longest + at] = (starts[row] as number) + at;
  return int64([rowCount, longest], places);
}

/** A value of the elements of a bag, [elements, dimension], by rows: [rows, longest · dimension], zero behind the last of a row. */
export function byRow(value: Expression, { input }: BagFeature, dimension: number): Expression {
  const none = constant(float32([1, dimension], new Float32Array(dimension)));
  return reshape(gather(concat([value, none], 0), rowElements(input), 0), [0, -1]);
}

/** A value of the rows of so many copies of the batch, [copies · rows, 1], at their elements: [copies · elements, 1]. */
export const atBagElements = (values: Expression, { input }: BagFeature, copies: number): Expression =>
  gather(values, shifted(elementRows(input), rowCount(), copies), 0);

/** The offsets of so many copies of the batch, whose ids lie one after the other. */
export function offsetsOfCopies({ input, offsetsInput, includeLastOffset }: BagFeature, copies: number): Expression {
  const offsets = tensor(offsetsInput);
  if (!includeLastOffset) return shifted(offsets, elementCount(input), copies);
  const all = shifted(slice(offsets, 0, 0, -1), elementCount(input), copies);
  return concat([all, mul(number(copies), reshape(elementCount(input), [1]))], 0);
}

/** As many times as there are copies, each time further on. */
const shifted = (values: Expression, by: Expression, copies: number): Expression =>
  concat(
    Array.from({ length: copies }, (_, copy) => add(values, mul(number(copy), by))),
    0,
  );

const number = (value: number): Expression => constant(int64([1], [value]));

/** Rows have lists of different lengths. Throws UNSUPPORTED_BY_EXECUTOR for `what` takes them to be alike, with what to ask instead. */
export function assertNoBags({ features }: Subject, what: string, instead: string): void {
  const bag = features.find(isBag);
  if (bag === undefined) return;
  throw unsupportedByExecutor(
    `The feature “${bag.name}” is a list of any length beside its offsets, of which there is no ${what}. Ask ${instead}.`,
    { feature: bag.name },
  );
}
