import type { Id } from '../../structure/lookups.ts';
import type { DType, TensorSpec } from '../../tensor.ts';
import { readInt, readInts } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { fromTensorProto } from '../tensors.ts';
import type { GraphView } from '../view.ts';

/** Where an element of a tensor's row comes from. */
export type Origin = Omit<Id, 'place'>;

/** The elements of one row of a tensor, row-major; undefined for those that are computed in any other way. */
export interface Row {
  /** Shape without the axis of the rows, which is the first. */
  readonly dims: readonly number[];
  readonly origins: readonly (Origin | undefined)[];
}

/** Rows longer than this are no ids. */
const longestRow = 100_000;

/**
 * Follows every element of the inputs' rows through operators that only move, select, join, shift or scale it: which element of
 * which input is it that a lookup reads? Operators act on lists of origins as they would on the values.
 */
export class Origins {
  readonly #rows = new Map<string, Row>();
  readonly #view: GraphView;
  readonly #specs: ReadonlyMap<string, TensorSpec>;

  constructor(view: GraphView, specs: ReadonlyMap<string, TensorSpec>) {
    this.#view = view;
    this.#specs = specs;
    for (const { name } of view.inputs) this.#begin(name);
    for (const node of view.nodes) this.#follow(node);
  }

  of(name: string): Row | undefined {
    return this.#rows.get(name);
  }

  #begin(input: string): void {
    // The list of a batch's texts (texts.ts) has no rows.
    if (this.#specs.get(input)?.dtype === 'string') return;
    const dims = this.#rowDims(input);
    if (dims === undefined || size(dims) > longestRow) return;
    const origin = (column: number): Origin => ({ input, column, factor: 1, offset: 0, isBounded: false });
    this.#rows.set(input, { dims, origins: Array.from({ length: size(dims) }, (_, column) => origin(column)) });
  }

  #follow(node: NodeProto): void {
    const known = node.input.some((name) => this.#rows.has(name));
    const rule = known ? rules[node.opType] : undefined;
    if (rule === undefined) return;
    const results = rule({
      node,
      row: (at) => this.#rows.get(node.input[at] ?? ''),
      dims: (name) => this.#rowDims(name),
      rank: (at) => this.#specs.get(node.input[at] ?? '')?.shape.length,
      dtype: (at) => this.#specs.get(node.input[at] ?? '')?.dtype,
      constant: (at) => this.#constant(node.input[at]),
    });
    results?.forEach((result, at) => {
      const name = node.output[at];
      if (name !== undefined && result.origins.some((origin) => origin !== undefined)) this.#rows.set(name, result);
    });
  }

  /** Undefined where a dimension besides the rows' is known at run time only. */
  #rowDims(name: string): number[] | undefined {
    const dims = this.#specs.get(name)?.shape.slice(1);
    return dims?.every((dim) => dim !== null) ? (dims as number[]) : undefined;
  }

  #constant(name: string | undefined): Constant | undefined {
    const proto = this.#view.initializers.get(name ?? '');
    const tensor = proto && fromTensorProto(proto);
    return tensor && { dims: tensor.dims, values: Array.from(tensor.data as ArrayLike<number | bigint>, Number) };
  }
}

interface Constant {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

/** What a rule may ask of its node. */
interface Site {
  readonly node: NodeProto;
  row(at: number): Row | undefined;
  /** Of any tensor, without the axis of the rows. */
  dims(name: string): number[] | undefined;
  rank(at: number): number | undefined;
  dtype(at: number): DType | undefined;
  constant(at: number): Constant | undefined;
}
type Rule = (site: Site) => readonly Row[] | undefined;

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

/** The same elements in another shape, as long as a row stays a row. */
const reshaped: Rule = ({ node, row, dims }) => {
  const source = row(0);
  const target = dims(node.output[0] ?? '');
  return source && target && size(target) === source.origins.length
    ? [{ dims: target, origins: source.origins }]
    : undefined;
};

const unchanged: Rule = ({ row }) => {
  const source = row(0);
  return source && [source];
};

/** By limits that are no elements of rows themselves. */
const bounded: Rule = ({ node, row, dims, constant }) => {
  const source = row(0);
  if (source === undefined || node.input.some((_, at) => at > 0 && row(at) !== undefined)) return undefined;
  const limit = constant(1);
  const both = limit && broadcast(source, limit);
  if (both !== undefined) return [withinLimits({ dims: both.dims, origins: both.pairs.map(([origin]) => origin) })];
  const target = dims(node.output[0] ?? '');
  return target && size(target) === size(source.dims) ? [withinLimits(source)] : undefined;
};

const withinLimits = (row: Row): Row => ({
  ...row,
  origins: row.origins.map((origin) => origin && { ...origin, isBounded: true }),
});

/** The elements at the given places of an axis (of the row) in a new row. */
function taken(source: Row, axis: number, places: readonly number[]): Row {
  const inner = size(source.dims.slice(axis + 1));
  const length = source.dims[axis] as number;
  const outer = size(source.dims.slice(0, axis));
  const origins: (Origin | undefined)[] = [];
  for (let block = 0; block < outer; block++)
    for (const place of places)
      for (let at = 0; at < inner; at++) origins.push(source.origins[(block * length + place) * inner + at]);
  return { dims: source.dims.map((dim, at) => (at === axis ? places.length : dim)), origins };
}

const range = (start: number, end: number, step = 1): number[] => {
  const places: number[] = [];
  for (let place = start; step > 0 ? place < end : place > end; place += step) places.push(place);
  return places;
};

/** Axis of the tensor → axis of its row; undefined for the axis of the rows itself. */
const rowAxis = (axis: number, rank: number): number | undefined => {
  const at = (axis < 0 ? axis + rank : axis) - 1;
  return at < 0 ? undefined : at;
};

const slice: Rule = ({ node, row, constant }) => {
  let source = row(0);
  const starts = readInts(node, 'starts') ?? constant(1)?.values;
  const ends = readInts(node, 'ends') ?? constant(2)?.values;
  if (source === undefined || starts === undefined || ends === undefined) return undefined;
  const axes = readInts(node, 'axes') ?? constant(3)?.values ?? starts.map((_, at) => at);
  const steps = constant(4)?.values ?? starts.map(() => 1);
  for (const [at, axis] of axes.entries()) {
    const own = rowAxis(axis, source.dims.length + 1);
    const length = own === undefined ? undefined : source.dims[own];
    if (own === undefined || length === undefined) return undefined;
    const step = steps[at] ?? 1;
    const bound = (value: number, low: number, high: number): number =>
      Math.min(Math.max(value < 0 ? value + length : value, low), high);
    const start = step > 0 ? bound(starts[at] as number, 0, length) : bound(starts[at] as number, 0, length - 1);
    const end = step > 0 ? bound(ends[at] as number, 0, length) : bound(ends[at] as number, -1, length - 1);
    source = taken(source, own, range(start, end, step));
  }
  return [source];
};

const split: Rule = ({ node, row, constant }) => {
  const source = row(0);
  const axis = source && rowAxis(readInt(node, 'axis') ?? 0, source.dims.length + 1);
  const length = source?.dims[axis ?? -1];
  if (source === undefined || axis === undefined || length === undefined) return undefined;
  const even = Math.ceil(length / node.output.length);
  const sizes = readInts(node, 'split') ?? constant(1)?.values ?? node.output.map(() => even);
  let start = 0;
  return sizes.map((count) => {
    const part = taken(source, axis, range(start, Math.min(start + count, length)));
    start += count;
    return part;
  });
};

/** Of some columns; a lookup in a table has its ids at the other input. A text in place of its number (texts.ts) is the same value. */
const gather: Rule = ({ node, row, constant, dtype }) => {
  const number = row(0) === undefined && dtype(0) === 'string' ? row(1) : undefined;
  if (number !== undefined) return [withinLimits(number)];
  const source = row(0);
  const indices = constant(1);
  const axis = source && rowAxis(readInt(node, 'axis') ?? 0, source.dims.length + 1);
  const length = source?.dims[axis ?? -1];
  if (source === undefined || indices === undefined || axis === undefined || length === undefined) return undefined;
  const places = indices.values.map((place) => (place < 0 ? place + length : place));
  const { dims, origins } = taken(source, axis, places);
  return [{ dims: [...dims.slice(0, axis), ...indices.dims, ...dims.slice(axis + 1)], origins }];
};

const transpose: Rule = ({ node, row }) => {
  const source = row(0);
  const permutation = readInts(node, 'perm');
  if (source === undefined || permutation === undefined || permutation[0] !== 0) return undefined;
  const order = permutation.slice(1).map((axis) => axis - 1);
  const dims = order.map((axis) => source.dims[axis] as number);
  const strides = source.dims.map((_, axis) => size(source.dims.slice(axis + 1)));
  const origins = Array.from({ length: size(dims) }, (_, at) => {
    let rest = at;
    let place = 0;
    for (const [position, axis] of order.entries()) {
      const inner = size(dims.slice(position + 1));
      place += Math.floor(rest / inner) * (strides[axis] as number);
      rest %= inner;
    }
    return source.origins[place];
  });
  return [{ dims, origins }];
};

const concat: Rule = ({ node, row, dims }) => {
  const parts = node.input.map((name, at): Row | undefined => {
    const own = dims(name);
    return row(at) ?? (own && { dims: own, origins: new Array(size(own)).fill(undefined) });
  });
  const first = parts[0];
  const axis = first && rowAxis(readInt(node, 'axis') ?? 0, first.dims.length + 1);
  if (first === undefined || axis === undefined || parts.includes(undefined)) return undefined;
  const rows = parts as Row[];
  const outer = size(first.dims.slice(0, axis));
  const origins = range(0, outer).flatMap((block) =>
    rows.flatMap(({ origins: own }) => own.slice((block * own.length) / outer, ((block + 1) * own.length) / outer)),
  );
  const length = rows.reduce((sum, part) => sum + (part.dims[axis] as number), 0);
  return [{ dims: first.dims.map((dim, at) => (at === axis ? length : dim)), origins }];
};

/** Each element of a row beside the element of a constant that numpy's broadcasting puts there. */
function broadcast(
  source: Row,
  constant: Constant,
): { dims: number[]; pairs: [Origin | undefined, number][] } | undefined {
  const rank = Math.max(source.dims.length, constant.dims.length);
  const own = [...new Array<number>(rank - source.dims.length).fill(1), ...source.dims];
  const others = [...new Array<number>(rank - constant.dims.length).fill(1), ...constant.dims];
  const beyond = rank - source.dims.length;
  // A constant that is as long as the rows, or has more axes than they have, is none for each row.
  if (others.slice(0, beyond).some((dim) => dim !== 1)) return undefined;
  const dims = own.map((dim, axis) => (dim === 1 ? (others[axis] as number) : dim));
  if (others.some((dim, axis) => dim !== 1 && dim !== dims[axis])) return undefined;
  const placeIn = (shape: readonly number[], at: number): number => {
    let place = 0;
    for (const [axis, dim] of shape.entries())
      place = place * dim + (dim === 1 ? 0 : Math.floor(at / size(dims.slice(axis + 1))) % dim);
    return place;
  };
  const pairs = range(0, size(dims)).map((at): [Origin | undefined, number] => [
    source.origins[placeIn(own, at)],
    constant.values[placeIn(others, at)] as number,
  ]);
  return { dims: dims.slice(beyond), pairs };
}

/** With a constant: one for all, or one for each element of the row. */
const shifted =
  (change: (origin: Origin, by: number, isFirst: boolean) => Origin | undefined): Rule =>
  ({ row, constant }) => {
    const at = row(0) === undefined ? 1 : 0;
    const source = row(at);
    const other = constant(1 - at);
    const both = source && other && broadcast(source, other);
    return (
      both && [{ dims: both.dims, origins: both.pairs.map(([origin, by]) => origin && change(origin, by, at === 0)) }]
    );
  };

const rules: Readonly<Record<string, Rule>> = {
  Identity: unchanged,
  Cast: unchanged,
  Floor: unchanged,
  Round: unchanged,
  Reshape: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Flatten: reshaped,
  Slice: slice,
  Split: split,
  Gather: gather,
  Transpose: transpose,
  Concat: concat,
  Add: shifted((origin, by) => ({ ...origin, offset: origin.offset + by })),
  Sub: shifted((origin, by, isFirst) => (isFirst ? { ...origin, offset: origin.offset - by } : undefined)),
  Mul: shifted((origin, by) => ({ ...origin, factor: origin.factor * by, offset: origin.offset * by })),
  Clip: bounded,
  Mod: bounded,
  Min: bounded,
};
