import type { GraphBuilder } from '../builder.ts';
import { inOrder } from '../order.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { captures } from '../view.ts';
import type { Calculus } from './rule.ts';

/** A node on the way from a wanted tensor to a target, and the tensors among those it reads that lie on that way too. */
export interface Step {
  readonly node: NodeProto;
  readonly reads: ReadonlySet<string>;
}

/**
 * The steps between wanted tensors and targets, in topological order: what depends on a wanted tensor and is needed for a target.
 * The walk back from the targets ends at `boundary`. Inputs that a rule calls zero by nature, and tensors of no floating-point
 * type, end a path; an operator without rule does not: it is a step, and whoever takes it has to refuse.
 */
export function pathBetween(
  graph: GraphBuilder,
  wanted: ReadonlySet<string>,
  targets: Iterable<string>,
  boundary: ReadonlySet<string>,
  ruleOf: Calculus['pathRule'],
): Step[] {
  const active = new Set(wanted);
  return ancestorsOf(graph, targets, boundary).flatMap((node) => {
    const rule = ruleOf(node);
    if (rule === null) return [];
    const reads = new Set(
      readsOf(node).filter((name, index) => active.has(name) && !(Array.isArray(rule) && rule[index] === null)),
    );
    if (reads.size === 0) return [];
    const outputs = node.output.filter((name) => rule === undefined || isFloat(graph, name));
    for (const name of outputs) if (!boundary.has(name)) active.add(name);
    return outputs.length === 0 ? [] : [{ node, reads }];
  });
}

/** The tensors that a node reads, in the order of its inputs; behind them those that its bodies read. */
export const readsOf = (node: NodeProto): string[] => [...node.input, ...captures(node)];

/** The nodes that the targets need, in topological order, but for those that only the boundary needs. */
export function ancestorsOf(
  graph: GraphBuilder,
  targets: Iterable<string>,
  boundary: { has(name: string): boolean },
): readonly NodeProto[] {
  const tensors = new Set(targets);
  const nodes = new Set<NodeProto>();
  // A set is walked to its end while it grows.
  for (const name of tensors) {
    const node = boundary.has(name) ? undefined : graph.producerOf(name);
    if (node === undefined || nodes.has(node)) continue;
    nodes.add(node);
    for (const input of readsOf(node)) tensors.add(input);
  }
  const ordered = inOrder([...nodes].reverse());
  if (ordered === undefined) throw new Error('the graph has a cycle');
  return ordered;
}

const floats: ReadonlySet<string> = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/** True also where nothing is known of the tensor. */
const isFloat = (graph: GraphBuilder, name: string): boolean =>
  name !== '' && floats.has(graph.specOf(name)?.dtype ?? 'float32');
