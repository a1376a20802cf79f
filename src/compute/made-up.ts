import { elementCount, type TensorSpec } from './tensor.ts';

/*
 * What two forms of a model are compared by when it is registered: rows that are made up from the types and shapes of its inputs alone, and
 * what each of them has of a result.
 */

/** Values of tensors, in row-major order. */
export type Numbers = ReadonlyMap<string, { readonly dims: readonly number[]; readonly values: readonly number[] }>;

/** Shares, and for whole numbers 0 and 1: every table has such entries. Every third row of floats is of whole numbers, too. */
export function madeUpValues(row: number, count: number, { name, dtype }: TensorSpec): number[] {
  let state = (Math.imul(row + 1, 0x9e3779b1) ^ (name.length * 0x85ebca6b)) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const share = state / 2 ** 32;
    return dtype.includes('float') && row % 3 !== 2 ? share : Math.round(share);
  });
}

/** Of every row, what it has of a tensor of `rowCount` rows; undefined where it does not have them on an axis. */
function byRow(
  numbers: Numbers,
  name: string,
  axis: number,
  rowCount: number,
): readonly (readonly number[])[] | undefined {
  const { dims = [], values = [] } = numbers.get(name) ?? {};
  const size = dims[axis];
  if (size === undefined || size === 0 || size % rowCount !== 0) return undefined;
  const inner = (size / rowCount) * elementCount(dims.slice(axis + 1));
  const outer = elementCount(dims.slice(0, axis));
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from({ length: outer }, (_, at) =>
      values.slice((at * rowCount + row) * inner, (at * rowCount + row + 1) * inner),
    ).flat(),
  );
}

/** To float32's rounding, in parts of the largest; what is no number is equal to itself. */
function isClose(a: readonly number[], b: readonly number[]): boolean {
  const largest = Math.max(1e-6, ...[...a, ...b].map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)));
  const isEqual = (value: number, other: number): boolean =>
    value === other || Object.is(value, other) || Math.abs(value - other) <= 1e-4 * largest;
  return a.length === b.length && a.every((value, at) => isEqual(value, b[at] as number));
}

/**
 * Where a tensor of `rowCount` rows most likely has them: on the first axis of that size, else, several times each, on the first of several.
 * undefined where it cannot have them.
 */
export function rowAxisOf(shape: readonly number[], rowCount: number): number | undefined {
  const axis = shape.indexOf(rowCount);
  if (axis >= 0) return axis;
  const [first = 0] = shape;
  return shape.length > 1 && first > 0 && first % rowCount === 0 ? 0 : undefined;
}

/** Whether a tensor has its rows on this axis, in their order: what is run in the opposite order comes in that. */
export function followsRows(
  forward: Numbers,
  backward: Numbers,
  name: string,
  axis: number,
  rowCount: number,
): boolean {
  const one = byRow(forward, name, axis, rowCount);
  const other = byRow(backward, name, axis, rowCount)?.toReversed();
  return one?.every((values, row) => isClose(values, other?.[row] ?? [])) ?? false;
}

/** Runs rows, by their numbers. */
type Run = (rows: readonly number[]) => Promise<Numbers> | Numbers;

/**
 * Whether a form of a model that takes any number of rows gives every row what the original gives it, which takes `rowCount`, to rounding:
 * of two batches and a row more, of a single row and of two.
 */
export async function agree(original: Run, form: Run, outputs: readonly string[], rowCount: number): Promise<boolean> {
  const rows = Array.from({ length: 2 * rowCount + 1 }, (_, at) => at);
  const expected = new Map<string, readonly (readonly number[])[]>();
  const axes = new Map<string, number>();
  for (let start = 0; start < rows.length; start += rowCount) {
    const own = rows.slice(start, start + rowCount);
    const apart = await original([...own, ...new Array<number>(rowCount - own.length).fill(0)]);
    for (const name of outputs) {
      const axis = rowAxisOf(apart.get(name)?.dims ?? [], rowCount) ?? -1;
      const found = byRow(apart, name, axis, rowCount);
      if (found === undefined) return false;
      axes.set(name, axis);
      expected.set(name, [...(expected.get(name) ?? []), ...found.slice(0, own.length)]);
    }
  }
  for (const count of new Set([rows.length, 1, 2])) {
    const together = await form(rows.slice(0, count));
    for (const name of outputs) {
      const actual = byRow(together, name, axes.get(name) ?? -1, count);
      if (actual?.every((values, row) => isClose(values, expected.get(name)?.[row] ?? [])) !== true) return false;
    }
  }
  return true;
}
