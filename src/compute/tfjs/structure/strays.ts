import type { LookupGraph, Stray } from '../../graph.ts';
import { elementCount } from '../../tensor.ts';
import { ancestorsOf, type Specs } from '../graph-view.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';
import type { Opened } from '../opened.ts';
import { linear, originsByInput } from './origins.ts';
import { tableRead } from './table-read.ts';

/**
 * Of elements of inputs that no table is read with: the first nodes that do more than to move them, where what is read has no gradient. What
 * such a node computes depends on the feature, and nothing carries it.
 */
export function findStrays(model: Opened, specs: Specs, lookups: readonly LookupGraph[]): Stray[] {
  return model.view.inputs.flatMap((input) => straysOf(model, specs, input, lookups));
}

function straysOf(model: Opened, specs: Specs, input: string, lookups: readonly LookupGraph[]): Stray[] {
  const { view } = model;
  const [, ...dims] = specs.get(input)?.shape ?? [];
  const own = lookups.filter((lookup) => lookup.input === input);
  const lookedUp = new Set(own.flatMap(({ columns }) => columns));
  const left = Array.from({ length: elementCount(dims.map((dim) => dim ?? 1)) }, (_, at) => at).filter(
    (column) => !lookedUp.has(column),
  );
  if (left.length === 0) return [];
  const carriers = new Set(own.map(({ carrier }) => carrier));
  const reached = new Set([input]);
  return view.nodes.flatMap((node) => {
    const ids = tableRead(view, node)?.ids;
    const reads = inputsOf(node).filter((name) => reached.has(nodeOf(name)));
    if (ids === undefined && linear.has(node.op)) {
      if (reads.length > 0) reached.add(node.name);
      return [];
    }
    if (carriers.has(node.name)) return [];
    const isId = (name: string): boolean => !specs.get(name)?.dtype.includes('float');
    // What a table is read with may have been computed from numbers.
    const taken = ids === undefined ? reads.filter(isId) : ancestorsOf(view, ids).has(input) ? [ids] : [];
    const held = taken.map((name) => columnsIn(model, specs, name, input));
    const columns = left.filter((column) => held.some((own) => own === undefined || own.has(column)));
    return columns.length === 0 ? [] : [stray(node, input, columns)];
  });
}

/** Elements of a row of the input that a tensor holds; undefined where it has more to do with them than that. */
function columnsIn(model: Opened, specs: Specs, name: string, input: string): ReadonlySet<number> | undefined {
  const origins = originsByInput(model, specs, name);
  return origins && new Set(origins.get(input)?.map(({ column }) => column));
}

const stray = ({ op, name }: NodeDef, input: string, columns: readonly number[]): Stray => ({
  operator: op,
  node: name,
  reason: `it takes values of the input “${input}” that have no gradient and are looked up in no table`,
  input,
  columns,
});
