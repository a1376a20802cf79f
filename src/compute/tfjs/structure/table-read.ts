import type { GraphView } from '../graph-view.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';

const gathers = new Set(['GatherV2', 'Gather', 'ResourceGather', 'Embedding']);

/** The table and the ids of a node that looks ids up in a weight. */
export function tableRead(view: GraphView, node: NodeDef): { table: string; ids: string } | undefined {
  const [table, ids] = inputsOf(node);
  if (!gathers.has(node.op) || table === undefined || ids === undefined) return undefined;
  const isLookup = !view.dependent.has(nodeOf(table)) && view.dependent.has(nodeOf(ids));
  return isLookup ? { table, ids } : undefined;
}
