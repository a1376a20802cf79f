import type { LookupGraph } from '../../graph.ts';
import { lookupsOf } from '../../structure/lookups.ts';
import type { TensorSpec } from '../../tensor.ts';
import { readInt } from '../attributes.ts';
import { dequantizing } from '../dequantize.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { GraphView } from '../view.ts';
import { oneHotIds } from './one-hot.ts';
import type { Origins } from './origins.ts';

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
    // Whole numbers have no gradient: what they stand for carries the feature.
    const [carrier = ''] = (dequantizing(node, view) ?? node).output;
    const own = row.origins.flatMap((origin, place) => (origin === undefined ? [] : [{ ...origin, place }]));
    return lookupsOf({ table, entryCount, dimension, ids, carrier }, own);
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
