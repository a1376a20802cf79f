import type { Tensor } from '@tensorflow/tfjs';
import type { Id } from '../../structure/lookups.ts';
import { elementCount } from '../../tensor.ts';
import { ancestorsOf, type Specs } from '../graph-view.ts';
import type { NodeDef } from '../model-json.ts';
import type { Opened } from '../opened.ts';
import { tableRead } from './table-read.ts';

/** They only move, select, join, shift or scale elements of a row. */
export const linear = new Set(
  `Placeholder Const Identity Cast Reshape Squeeze ExpandDims Slice StridedSlice Split SplitV Unpack Pack ConcatV2 Transpose
  Tile Add AddV2 Sub Mul BiasAdd GatherV2 Shape Prod Flatten Permute RepeatVector Dropout SpatialDropout1D Linear Masking
  Concatenate Rescaling`.split(/\s+/),
);

/** Rows longer than this are no ids. */
const longestRow = 100_000;

/**
 * By input, which elements of a row of a tensor come from which of its elements. The graph says it itself: what lies between is linear in
 * every element, so zeros show what is added, ones the factor, and the elements' numbers which one it is; others show that this is all
 * there is to it. Undefined where an element is made of several, and where rows are not on the first axis, each by itself.
 */
export function originsByInput(model: Opened, specs: Specs, name: string): Map<string, Id[]> | undefined {
  const { view } = model;
  const before = ancestorsOf(view, name);
  const isFollowed = (node: NodeDef | undefined): boolean =>
    node !== undefined && linear.has(node.op) && tableRead(view, node) === undefined;
  if (![...before].every((one) => isFollowed(view.byName.get(one)))) return undefined;
  const found = new Map<string, Id[]>();
  for (const input of view.inputs.filter((one) => before.has(one))) {
    const own = originsIn(model, specs, name, input);
    if (own === undefined) return undefined;
    if (own.length > 0) found.set(input, own);
  }
  const places = [...found.values()].flatMap((own) => own.map(({ place }) => place));
  return new Set(places).size === places.length ? found : undefined;
}

function originsIn(model: Opened, specs: Specs, name: string, input: string): Id[] | undefined {
  const [, ...dims] = specs.get(input)?.shape ?? [];
  const size = elementCount(dims.map((dim) => dim ?? 1));
  if (size > longestRow) return [];
  const probe = (fill: Fill, before = 0): number[] | undefined =>
    probed(model, specs, name, { input, size, fill, before });
  const [zeros, behindOnes] = [probe(() => 0), probe(() => 0, 1)];
  if (zeros?.some((value, place) => value !== behindOnes?.[place])) return undefined;
  const [ones, numbered, scattered] = [() => 1, (column: number) => column, scatter].map((fill) => probe(fill));
  if (zeros === undefined || ones === undefined || numbered === undefined || scattered === undefined) return undefined;
  const origins = zeros.flatMap((offset, place): Id[] => {
    const factor = (ones[place] as number) - offset;
    return factor === 0
      ? []
      : [{ input, place, column: ((numbered[place] as number) - offset) / factor, factor, offset, isBounded: false }];
  });
  const expected = [...zeros];
  for (const { place, column, factor, offset } of origins) expected[place] = scatter(column) * factor + offset;
  const isAll = expected.every((value, place) => value === scattered[place]);
  return isAll && origins.every(({ column }) => Number.isInteger(column)) ? origins : undefined;
}

/** Small numbers that are no linear function of the column. */
const scatter = (column: number): number => ((column * column) % 31) + (column % 7) + 1;

/** What an element of a row of the input is. */
type Fill = (column: number) => number;

interface Filled {
  readonly input: string;
  /** Elements of a row of it. */
  readonly size: number;
  readonly fill: Fill;
  /** Of all elements of the row before. */
  readonly before: number;
}

/**
 * The last row of a tensor when that of one input is given; those of every other are zero. Undefined where a row is not what the tensor has on
 * its first axis.
 */
function probed(
  { tf, executable, view }: Opened,
  specs: Specs,
  name: string,
  { input, size, fill, before }: Filled,
): number[] | undefined {
  if (name === input) return Array.from({ length: size }, (_, column) => fill(column));
  const [rowCount = 0] = probeShape(specs, input);
  const valueAt = (at: number): number => {
    const column = at - (rowCount - 1) * size;
    if (column < -size) return 0;
    return column < 0 ? before : fill(column);
  };
  return tf.tidy(() => {
    const feeds = Object.fromEntries(
      view.inputs.map((one) => {
        const dims = probeShape(specs, one);
        const values = Array.from({ length: elementCount(dims) }, (_, at) => (one === input ? valueAt(at) : 0));
        return [one, tf.tensor(values, dims, (specs.get(one)?.dtype ?? 'float32') as 'float32' | 'int32')];
      }),
    );
    const value = executable.execute(feeds, name) as Tensor;
    if (value.shape[0] !== rowCount || specs.get(name)?.shape.slice(1).includes(null)) return undefined;
    return [...value.dataSync()].slice(-elementCount(value.shape.slice(1)));
  });
}

/** Of two rows, unless it says how many; other unknown sizes are tried with 1. */
const probeShape = (specs: Specs, input: string): number[] =>
  (specs.get(input)?.shape ?? []).map((dim, axis) => dim ?? (axis === 0 ? 2 : 1));
