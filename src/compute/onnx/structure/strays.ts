import type { LookupGraph, Stray } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { ancestorsOf, readsOf, sizes } from '../reach.ts';
import type { GraphView } from '../view.ts';
import { tableRead } from './lookups.ts';
import type { Origins } from './origins.ts';

type Columns = Map<string, Set<number>>;

/**
 * Of elements of inputs that no table is read with: the nodes at which they cannot be followed any further, where what is read has no
 * gradient. What such a node computes depends on the feature, and nothing carries it.
 */
export function findStrays(
  view: GraphView,
  specs: ReadonlyMap<string, TensorSpec>,
  origins: Origins,
  lookups: readonly LookupGraph[],
): Stray[] {
  const placeOf = (input: string, column: number): string => `${column} ${input}`;
  const lookedUp = new Set(lookups.flatMap(({ input, columns }) => columns.map((column) => placeOf(input, column))));
  const isNumber = (name: string): boolean => specs.get(name)?.dtype.includes('float') ?? false;

  const followedTo = (node: NodeProto): Columns => {
    const columns: Columns = new Map();
    if (sizes.has(node.opType) || node.output.some((name) => origins.of(name) !== undefined)) return columns;
    for (const name of readsOf(node))
      for (const origin of isNumber(name) ? [] : (origins.of(name)?.origins ?? []))
        if (origin !== undefined && !lookedUp.has(placeOf(origin.input, origin.column)))
          columns.set(origin.input, (columns.get(origin.input) ?? new Set()).add(origin.column));
    return columns;
  };

  /** Of a table that is read with what was computed from numbers: any of them may be an id. */
  const computedFor = (node: NodeProto): Columns => {
    const columns: Columns = new Map();
    const { table, ids } = tableRead(node, view, specs) ?? {};
    if (table === undefined || ids === undefined || origins.of(ids) !== undefined) return columns;
    const [beforeTable, before] = [ancestorsOf(view, table), ancestorsOf(view, ids)];
    if (view.inputs.some(({ name }) => beforeTable.has(name))) return columns;
    for (const { name } of view.inputs.filter((input) => isNumber(input.name) && before.has(input.name))) {
      const all = origins.of(name)?.origins.map((_, column) => column) ?? [];
      columns.set(name, new Set(all.filter((column) => !lookedUp.has(placeOf(name, column)))));
    }
    return columns;
  };

  return view.nodes.flatMap((node) =>
    [...followedTo(node), ...computedFor(node)]
      .filter(([, columns]) => columns.size > 0)
      .map(([input, columns]) => ({
        operator: node.opType,
        node: node.name || (node.output[0] as string),
        reason: `it takes values of the input “${input}” that have no gradient and are looked up in no table`,
        input,
        columns: [...columns].sort((a, b) => a - b),
      })),
  );
}
