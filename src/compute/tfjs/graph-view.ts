import { modelRejected } from '../../errors.ts';
import type { TensorSpec } from '../tensor.ts';
import { type GraphJson, inputsOf, type NodeDef, nodeOf, tensorName, type WeightSpec } from './model-json.ts';

/** A graph as questions about it need it. Tensors are names. */
export interface GraphView {
  /** In topological order. */
  readonly nodes: readonly NodeDef[];
  readonly byName: ReadonlyMap<string, NodeDef>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly weights: ReadonlyMap<string, WeightSpec>;
  /** Nodes that depend on the rows' values. */
  readonly dependent: ReadonlySet<string>;
  readonly readers: ReadonlyMap<string, readonly NodeDef[]>;
}

/** Type and shape by the tensor's name. */
export type Specs = ReadonlyMap<string, TensorSpec>;

/** They read no value of their input, only how large it is. */
const sizes = new Set(['Shape', 'ShapeN', 'Size', 'Rank']);

/** Throws MODEL_REJECTED for a graph that names nodes that it does not have, or that is none. */
export function viewOf({ modelTopology, signature, weightsManifest }: GraphJson): GraphView {
  const declared = Object.values(signature?.outputs ?? {}).map(({ name }) => tensorName(name));
  const nodes = sorted(new Map(modelTopology.node.map((node) => [node.name, node])));
  const weights = weightsManifest.flatMap((group) => group.weights);
  return viewOfNodes(nodes, declared, weights);
}

/** Of nodes in topological order. Without declared outputs, they are what nobody reads. */
export function viewOfNodes(
  nodes: readonly NodeDef[],
  declared: readonly string[],
  weights: readonly WeightSpec[],
): GraphView {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const placeholders = nodes.filter(({ op }) => op === 'Placeholder').map(({ name }) => name);
  const readers = new Map<string, NodeDef[]>();
  for (const node of nodes) for (const name of inputsOf(node)) readers.set(name, [...(readers.get(name) ?? []), node]);
  const last = nodes.filter(({ name, op }) => !readers.has(name) && op !== 'Const' && op !== 'Placeholder');
  const outputs = declared.length > 0 ? declared : last.map(({ name }) => name);
  for (const name of outputs)
    if (!byName.has(nodeOf(name)))
      throw modelRejected(`The output “${name}” is not in the graph. Convert the model again.`);
  const dependent = new Set(placeholders);
  for (const node of nodes)
    if (!sizes.has(node.op) && inputsOf(node).some((name) => dependent.has(nodeOf(name)))) dependent.add(node.name);
  return {
    nodes,
    byName,
    inputs: placeholders,
    outputs: [...new Set(outputs)],
    weights: new Map(weights.map((weight) => [weight.name, weight])),
    dependent,
    readers,
  };
}

function sorted(byName: ReadonlyMap<string, NodeDef>): NodeDef[] {
  const done = new Set<string>();
  const order: NodeDef[] = [];
  const waiting = [...byName.values()].toReversed();
  const begun = new Set<string>();
  while (waiting.length > 0) {
    const node = waiting.at(-1) as NodeDef;
    const missing = done.has(node.name)
      ? []
      : inputsOf(node)
          .map(nodeOf)
          .filter((name) => !done.has(name));
    if (missing.length === 0) {
      waiting.pop();
      if (!done.has(node.name)) order.push(node);
      done.add(node.name);
      continue;
    }
    if (begun.has(node.name))
      throw modelRejected(`The graph has a cycle through “${node.name}”. Convert the model again.`);
    begun.add(node.name);
    for (const name of missing) {
      const before = byName.get(name);
      if (before === undefined)
        throw modelRejected(`“${node.name}” reads “${name}”, which is not in the graph. Convert the model again.`);
      waiting.push(before);
    }
  }
  return order;
}

const known = new WeakMap<GraphView, Map<string, ReadonlySet<string>>>();

/** Nodes that a tensor is computed from, its own included. Every batch asks the same again. */
export function ancestorsOf(view: GraphView, tensor: string): ReadonlySet<string> {
  const ofView = known.get(view) ?? new Map<string, ReadonlySet<string>>();
  known.set(view, ofView);
  const before = ofView.get(tensor);
  if (before !== undefined) return before;
  const found = new Set([nodeOf(tensor)]);
  for (const name of found) for (const input of inputsOf(view.byName.get(name) as NodeDef)) found.add(nodeOf(input));
  ofView.set(tensor, found);
  return found;
}
