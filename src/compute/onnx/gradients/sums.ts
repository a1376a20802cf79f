import { integersOf } from '../shapes/constant-folding.ts';
import { surrounded } from './slices.ts';
import type { Value } from './value.ts';

/** Gradients by tensor. Those that a tensor is handed are collected, and added up when somebody asks for the sum. */
export class Sums {
  readonly #parts = new Map<string, Value[]>();

  add(name: string, part: Value): void {
    const parts = this.#parts.get(name);
    if (parts === undefined) this.#parts.set(name, [part]);
    else parts.push(part);
  }

  has(name: string): boolean {
    return this.#parts.has(name);
  }

  get(name: string): Value | undefined {
    const parts = this.#parts.get(name);
    if (parts === undefined) return undefined;
    const sum = sumOf(parts);
    this.#parts.set(name, [sum]);
    return sum;
  }
}

/** The gradient of a slice: elements start … end − 1 of an axis, and zeros around them. */
interface Piece {
  readonly source: Value;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
  readonly whole: Value;
}

/**
 * Adds up. Models that take their features from one matrix slice it once for each of them: pieces that do not overlap are put
 * side by side instead, since sums as wide as the matrix would cost the square of the number of features.
 */
function sumOf(parts: readonly Value[]): Value {
  const pieces = parts.map((part) => (parts.length > 1 ? pieceOf(part) : undefined));
  const axes = new Set(pieces.flatMap((piece) => piece?.axis ?? []));
  const joined = [...axes].flatMap((axis) =>
    rowsOf(pieces.filter((piece) => piece?.axis === axis) as Piece[]).map((row) => sideBySide(row)),
  );
  const others = parts.filter((_, index) => pieces[index] === undefined);
  return [...joined, ...others].reduce((total, part) => total.add(part).like(part));
}

function pieceOf(whole: Value): Piece | undefined {
  const node = whole.graph.producerOf(whole.name);
  if (node?.opType !== 'Pad' || node.input.length !== 2 || node.attribute.length > 0) return undefined;
  const [pads, rank] = [integersOf(whole.graph, node.input[1] ?? '') ?? [], whole.rank];
  const axis = pads.findIndex((pad) => pad !== 0) % rank;
  const size = whole.shape[axis];
  const isAlone = pads.every((pad, index) => pad === 0 || (pad > 0 && index % rank === axis));
  if (typeof size !== 'number' || !isAlone) return undefined;
  const [before = 0, after = 0] = [pads[axis], pads[axis + rank]];
  return { source: whole.named(node.input[0] ?? ''), axis, start: before, end: size - after, whole };
}

/** Pieces that do not overlap, in order. */
type Row = [Piece, ...Piece[]];

function rowsOf(pieces: readonly Piece[]): Row[] {
  const rows: Row[] = [];
  for (const piece of pieces.toSorted((a, b) => a.start - b.start)) {
    const row = rows.find((each) => (each.at(-1)?.end ?? 0) <= piece.start);
    if (row === undefined) rows.push([piece]);
    else row.push(piece);
  }
  return rows;
}

function sideBySide(row: Row): Value {
  const [{ axis, whole }] = row;
  if (row.length === 1) return whole;
  const size = whole.shape[axis] ?? 0;
  const [first = whole, ...others] = row.map(({ source, start, end }, index) => {
    const after = (row[index + 1]?.start ?? size) - end;
    return surrounded(source, new Map([[axis, [index === 0 ? start : 0, after]]]));
  });
  return first.concat(others, axis).like(whole);
}
