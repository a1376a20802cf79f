import {
  abs,
  add,
  cast,
  constant,
  type Expression,
  less,
  mul,
  reduceMin,
  reshape,
  scalar,
} from '../compute/program.ts';
import { float32 } from '../compute/tensor.ts';
import type { Outputs } from './analysis.ts';

/** The first of some figures that is infinite or NaN on a row, and the first row on which it is. */
export interface NotFinite {
  /** Of the figure, among all. */
  readonly column: number;
  /** Row index in the dataset. */
  readonly row: number;
}

/** Beyond the columns of any matrix, and exact in float32 with a column added. */
const beyond = 2 ** 23;

/** Of figures [rows, columns]: the first column of each row that is infinite or NaN, [rows]; `beyond` it where none is. */
export function firstNotFinite(figures: Expression, columnCount: number): Expression {
  const finite = cast(less(abs(figures), scalar(Number.POSITIVE_INFINITY)), 'float32');
  const columns = float32(
    [1, columnCount],
    Array.from({ length: columnCount }, (_, at) => at),
  );
  return reshape(reduceMin(add(mul(finite, scalar(beyond)), constant(columns)), [1]), [-1]);
}

/** In a batch. `output`: the name of the above, of which there is none without columns. */
export function notFiniteIn(outputs: Outputs, output: string, index: Float64Array): NotFinite | null {
  const columns = (outputs[output]?.data ?? new Float32Array()) as Float32Array;
  const column = columns.reduce((least, one) => Math.min(least, one), beyond);
  return column === beyond ? null : { column, row: index[columns.indexOf(column)] as number };
}

/** Of two shards together. */
export function firstOf(a: NotFinite | null, b: NotFinite | null): NotFinite | null {
  if (a === null || b === null) return a ?? b;
  return a.column < b.column || (a.column === b.column && a.row <= b.row) ? a : b;
}
