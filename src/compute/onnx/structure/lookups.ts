import type { LookupGraph } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import { readInt } from '../attributes.ts';
import { dequantizing } from '../dequantize.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { GraphView } from '../view.ts';
import { oneHotIds } from './one-hot.ts';
import type { Origin, Origins, Row } from './origins.ts';

type Specs = ReadonlyMap<string, TensorSpec>;

/**
 * Every lookup of ids of an input in a table: a Gather of a weight whose indices come from the input, or the product of
 * their one-hot form with a weight.
 */
export function findLookups(
  view: GraphView,
  specs: Specs,
  dependent: ReadonlySet<string>,
  origins: Origins,
): LookupGraph[] {
  return view.nodes.flatMap((node) => {
    const { table, ids } = tableRead(node, view, specs) ?? { table: '', ids: '' };
    const row = dependent.has(table) ? undefined : origins.of(ids);
    const shape = view.initializers.get(table)?.dims.map(Number) ?? specs.get(table)?.shape;
    const entryCount = shape?.[0];
    if (row === undefined || shape === undefined || typeof entryCount !== 'number') return [];
    const dimension = shape.slice(1).reduce<number>((product, dim) => product * (dim ?? 1), 1);
    return byInput(row).map(({ input, places }) => ({
      input,
      table,
      entryCount,
      dimension,
      ids,
      // Whole numbers have no gradient: what they stand for carries the feature.
      carrier: (dequantizing(node, view) ?? node).output[0] as string,
      columns: places.map(({ origin }) => origin.column),
      places: places.map(({ place }) => place),
      offsets: places.map(({ origin }) => (origin.isBounded || origin.factor !== 1 ? null : origin.offset)),
      idCounts: places.map(({ origin }) => idCountOf(origin, entryCount)),
    }));
  });
}

/** What a node looks up, and in which tensor, if that is what it does. */
export function tableRead(
  node: NodeProto,
  view: GraphView,
  specs: Specs,
): { readonly table: string; readonly ids: string } | undefined {
  const [first = '', second = ''] = node.input;
  if (node.opType === 'Gather') return (readInt(node, 'axis') ?? 0) === 0 ? { table: first, ids: second } : undefined;
  const isProduct = node.opType === 'MatMul' && view.initializers.get(second)?.dims.length === 2;
  const ids = isProduct ? oneHotIds(first, view, specs) : undefined;
  return ids === undefined ? undefined : { table: second, ids };
}

interface Place {
  readonly origin: Origin;
  readonly place: number;
}

function byInput({ origins }: Row): { input: string; places: Place[] }[] {
  const found = new Map<string, Place[]>();
  origins.forEach((origin, place) => {
    if (origin !== undefined) found.set(origin.input, [...(found.get(origin.input) ?? []), { origin, place }]);
  });
  return [...found].map(([input, places]) => ({ input, places }));
}

/** How many ids, from 0 on, fall into the table; null where the graph itself sees to it that all do. */
function idCountOf({ factor, offset, isBounded }: Origin, entryCount: number): number | null {
  if (isBounded || factor <= 0) return null;
  return Math.max(0, Math.floor((entryCount - 1 - offset) / factor) + 1);
}
