import type { Tensor } from '@tensorflow/tfjs';
import type { LookupGraph } from '../../graph.ts';
import { ancestorsOf, type GraphView, type Specs } from '../graph-view.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';
import type { Opened } from '../opened.ts';

export const gathers = new Set(['GatherV2', 'Gather', 'ResourceGather', 'Embedding']);

/** They only move, select, join, shift or scale elements of a row. */
export const linear = new Set(
  `Placeholder Const Identity Cast Reshape Squeeze ExpandDims Slice StridedSlice Split SplitV Unpack Pack ConcatV2 Transpose
  Tile Add AddV2 Sub Mul BiasAdd GatherV2 Shape Prod Flatten Permute RepeatVector Dropout SpatialDropout1D Linear Masking
  Concatenate Rescaling`.split(/\s+/),
);

/** Rows longer than this are no ids. */
const longestRow = 100_000;

/** The table and the ids of a node that looks ids up in a weight. */
export function lookupOf(view: GraphView, node: NodeDef): { table: string; ids: string } | undefined {
  const [table, ids] = inputsOf(node);
  if (!gathers.has(node.op) || table === undefined || ids === undefined) return undefined;
  const isLookup = !view.dependent.has(nodeOf(table)) && view.dependent.has(nodeOf(ids));
  return isLookup ? { table, ids } : undefined;
}

/**
 * Every lookup of ids of an input in a table. Which element of the input an id is, the graph says itself: what lies between is
 * linear in every element, so zeros show what is added, ones the factor, and the elements' numbers which one it is.
 */
export function findLookups(model: Opened, specs: Specs): LookupGraph[] {
  const { view } = model;
  return view.nodes.flatMap((node) => {
    const found = lookupOf(view, node);
    const shape = found && view.weights.get(weightBehind(view, found.table))?.shape;
    if (found === undefined || shape === undefined) return [];
    const [entryCount = 0, ...entry] = shape;
    const dims = (specs.get(found.ids)?.shape ?? []).slice(1);
    if (dims.includes(null)) return [];
    const before = ancestorsOf(view, found.ids);
    const isReadable = [...before].every((name) => linear.has(view.byName.get(name)?.op ?? ''));
    if (!isReadable) return [];
    return view.inputs
      .filter((input) => before.has(input))
      .flatMap((input) => {
        const places = origins(model, specs, found.ids, input);
        if (places.length === 0) return [];
        return [
          {
            input,
            table: weightBehind(view, found.table),
            entryCount,
            dimension: entry.reduce((size, dim) => size * dim, 1),
            ids: found.ids,
            carrier: node.name,
            columns: places.map(({ column }) => column),
            places: places.map(({ place }) => place),
            offsets: places.map(({ factor, offset }) => (factor === 1 ? offset : null)),
            idCounts: places.map(({ factor, offset }) =>
              factor > 0 ? Math.max(0, Math.floor((entryCount - 1 - offset) / factor) + 1) : null,
            ),
          },
        ];
      });
  });
}

/** Tables are often read through an Identity. */
function weightBehind(view: GraphView, name: string): string {
  const node = view.byName.get(nodeOf(name));
  const [before] = node === undefined ? [] : inputsOf(node);
  return node?.op === 'Identity' && before !== undefined ? weightBehind(view, before) : name;
}

interface Origin {
  readonly place: number;
  readonly column: number;
  readonly factor: number;
  readonly offset: number;
}

function origins(model: Opened, specs: Specs, ids: string, input: string): Origin[] {
  const size = (specs.get(input)?.shape ?? []).slice(1).reduce<number>((product, dim) => product * (dim ?? 1), 1);
  if (size > longestRow) return [];
  const probe = (fill: (column: number) => number): number[] => probed(model, specs, ids, input, size, fill);
  const [zeros, ones, numbered] = [probe(() => 0), probe(() => 1), probe((column) => column)];
  return zeros.flatMap((offset, place) => {
    const factor = (ones[place] ?? 0) - offset;
    return factor === 0 ? [] : [{ place, column: ((numbered[place] ?? 0) - offset) / factor, factor, offset }];
  });
}

/** The ids of one row whose elements of `input` are given and that of every other input are zero. */
function probed(
  { tf, executable, view }: Opened,
  specs: Specs,
  ids: string,
  input: string,
  size: number,
  fill: (column: number) => number,
): number[] {
  if (ids === input) return Array.from({ length: size }, (_, column) => fill(column));
  return tf.tidy(() => {
    const feeds = Object.fromEntries(
      view.inputs.map((name) => {
        const { shape = [], dtype = 'float32' } = specs.get(name) ?? {};
        const dims = shape.map((dim) => dim ?? 1);
        const length = dims.reduce((product, dim) => product * dim, 1);
        const values = Array.from({ length }, (_, at) => (name === input ? fill(at % size) : 0));
        return [name, tf.tensor(values, dims, dtype as 'float32' | 'int32')];
      }),
    );
    return [...(executable.execute(feeds, ids) as Tensor).dataSync()];
  });
}
