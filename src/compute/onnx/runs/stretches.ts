import type { GraphBuilder } from '../builder.ts';
import { Value } from '../gradients/value.ts';

/** Rows in stretches: [rows, …] as [stretches, rows of a stretch, …] and back, in a growing graph. */
export class Stretches {
  readonly #graph: GraphBuilder;
  readonly #rowCount: number;
  /** int64 [1] */
  readonly #rows: Value;

  /** `input`: of the model, whose first axis has the rows. */
  constructor(graph: GraphBuilder, input: string, rowCount: number) {
    this.#graph = graph;
    this.#rowCount = rowCount;
    this.#rows = new Value(graph, input).sizes().slice(0, 0, 1);
  }

  /** Of a tensor that has its rows on `rowAxis`, each perhaps several times side by side (the positions of a sequence). */
  of(name: string, rowAxis: number): string {
    const tensor = new Value(this.#graph, name);
    const { shape, dtype } = tensor;
    const first = this.#filledUp(tensor.transpose(toFront(shape.length, rowAxis)));
    const sizes = this.#count().concat([first.integers([-1]), ...rest(first, 1, shape.length)], 0);
    const stretched = first.reshape(sizes).sized([null, null, ...shape.toSpliced(rowAxis, 1)], dtype);
    return stretched.transpose(behindFirst(fromFront(shape.length, rowAxis))).sized([null, ...shape], dtype).name;
  }

  /** The tensor again whose stretches these are. */
  joined(name: string, rowAxis: number): string {
    const stretched = new Value(this.#graph, name);
    const { shape, dtype } = stretched;
    const own = shape.slice(1);
    const inFront = stretched.transpose(behindFirst(toFront(own.length, rowAxis)));
    const sizes = inFront.integers([-1]).concat(rest(inFront, 2, shape.length), 0);
    const joined = inFront.reshape(sizes).sized([null, ...own.toSpliced(rowAxis, 1)], dtype);
    return this.#withoutFill(joined).transpose(fromFront(own.length, rowAxis)).sized(own, dtype).name;
  }

  /** How many there are, int64 [1]. */
  #count(): Value {
    const { integers } = this;
    return this.#rowCount === 1
      ? this.#rows
      : this.#rows.add(integers(this.#rowCount - 1)).div(integers(this.#rowCount));
  }

  /** With copies of the first row behind the last, up to whole stretches. */
  #filledUp(tensor: Value): Value {
    if (this.#rowCount === 1) return tensor;
    const { shape, dtype } = tensor;
    const fill = this.#count().mul(this.integers(this.#rowCount)).sub(this.#rows).mul(this.#perRow(tensor));
    const first = tensor.slice(0, 0, 1).sized([1, ...shape.slice(1)]);
    const copies = tensor.op('Expand', [first, fill.concat(rest(tensor, 1, shape.length), 0)]);
    return tensor.concat([copies.sized(shape, dtype)], 0).sized(shape, dtype);
  }

  #withoutFill(tensor: Value): Value {
    if (this.#rowCount === 1) return tensor;
    const { shape, dtype } = tensor;
    const filled = this.#count().mul(this.integers(this.#rowCount));
    const kept = tensor.sizes().slice(0, 0, 1).div(filled).mul(this.#rows);
    return tensor.op('Slice', [tensor, this.integers(0), kept, this.integers(0)]).sized(shape, dtype);
  }

  /** Elements of the first axis that a row has, int64 [1]. */
  #perRow(tensor: Value): Value {
    return tensor.sizes().slice(0, 0, 1).div(this.#rows);
  }

  readonly integers = (value: number): Value => this.#rows.integers([value]);
}

/** Sizes from one axis on; none where there is no such axis. */
const rest = (tensor: Value, from: number, rank: number): Value[] =>
  from < rank ? [tensor.sizes().slice(0, from, rank)] : [];

/** The permutation that brings an axis to the front, and the one that brings it back. */
const toFront = (rank: number, axis: number): number[] => [axis, ...range(rank).filter((each) => each !== axis)];
const fromFront = (rank: number, axis: number): number[] => range(rank).map((at) => toFront(rank, axis).indexOf(at));

/** The same of the axes behind a first one. */
const behindFirst = (permutation: readonly number[]): number[] => [0, ...permutation.map((axis) => axis + 1)];

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
