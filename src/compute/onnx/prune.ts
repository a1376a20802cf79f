import type { ModelProto } from './proto/onnx_pb.js';
import { captures, viewOf } from './view.ts';

/**
 * Takes away whatever these tensors do not need: nodes, weights, and inputs, which then need not be fed. Declared shapes of
 * inner tensors go too, since overrides may change them.
 */
export function prune(model: ModelProto, names: readonly string[]): void {
  const { graph, producers } = viewOf(model);
  const needed = new Set(names);
  // A set is walked to its end while it grows.
  for (const name of needed) {
    const node = producers.get(name);
    if (node !== undefined) for (const input of [...node.input, ...captures(node)]) needed.add(input);
  }
  graph.node = graph.node.filter(({ output }) => output.some((name) => needed.has(name)));
  graph.initializer = graph.initializer.filter(({ name }) => needed.has(name));
  graph.input = graph.input.filter(({ name }) => needed.has(name));
  graph.valueInfo = [];
}
