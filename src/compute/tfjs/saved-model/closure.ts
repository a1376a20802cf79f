import type { AttrValue, FunctionDef, MetaGraphDef, NodeDef } from './proto/saved_model_pb.js';

/** A node as something runs it: of the graph, or of a function that is called. */
export interface ReachedNode {
  readonly node: NodeDef;
  /** Name of the function; null for the graph itself. */
  readonly inFunction: string | null;
}

/**
 * Every node that runs when tensors or operations of the graph are asked for: what they are computed from, what has to run before,
 * and all of every function that is called on the way.
 */
export function reachedFrom({ graphDef }: MetaGraphDef, roots: readonly string[]): ReachedNode[] {
  const byName = new Map(graphDef?.node.map((node) => [node.name, node]));
  const functions = new Map(graphDef?.library?.function.map((each) => [each.signature?.name ?? '', each]));
  const names = new Set(roots.map(nodeName));
  const called = new Set<FunctionDef>();
  const reached: ReachedNode[] = [];
  const add = (node: NodeDef, inFunction: string | null): void => {
    reached.push({ node, inFunction });
    for (const name of calledBy(node)) {
      const callee = functions.get(name);
      if (callee !== undefined) called.add(callee);
    }
  };
  // Sets grow while they are walked.
  for (const name of names) {
    const node = byName.get(name);
    if (node === undefined) continue;
    add(node, null);
    for (const input of node.input) names.add(nodeName(input));
  }
  for (const { signature, nodeDef } of called) for (const node of nodeDef) add(node, signature?.name ?? '');
  return reached;
}

/** Functions are called by an operator of their name, or named by an attribute. */
function calledBy({ op, attr }: NodeDef): string[] {
  const inValue = ({ value }: AttrValue): string[] => {
    if (value.case === 'func') return [value.value.name, ...Object.values(value.value.attr).flatMap(inValue)];
    if (value.case !== 'list') return [];
    return value.value.func.flatMap(({ name, attr }) => [name, ...Object.values(attr).flatMap(inValue)]);
  };
  return [op, ...Object.values(attr).flatMap(inValue)];
}

/** The node of `name`, `name:1`, `name:output:0` or `^name`. */
export const nodeName = (tensor: string): string => tensor.replace(/^\^/, '').replace(/:.*$/, '');
