import type { Blocker, LogitTensor, LookupGraph } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import { GraphBuilder } from '../builder.ts';
import { obstacles } from '../gradients/index.ts';
import type { ModelProto } from '../proto/onnx_pb.js';

interface Ends {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly lookups: readonly LookupGraph[];
  readonly logits: readonly LogitTensor[];
}

/** Found by differentiating the graph: what throws is in the way. Nothing is run. */
export function findBlockers(model: ModelProto, specs: ReadonlyMap<string, TensorSpec>, ends: Ends): Blocker[] {
  const graph = new GraphBuilder(model, specs);
  const isFloat = (name: string): boolean => specs.get(name)?.dtype.includes('float') ?? false;
  const wanted = distinct([...ends.lookups.map(({ carrier }) => carrier), ...ends.inputs.map(({ name }) => name)]);
  const targets = distinct([...ends.logits.map(({ tensor }) => tensor), ...ends.outputs.map(({ name }) => name)]);
  const found = new Map<string, Blocker>();
  for (const target of targets.filter(isFloat))
    for (const { details, message } of obstacles(graph, target, wanted.filter(isFloat))) {
      const { operator, node, reason = message } = details as { operator: string; node: string; reason?: string };
      const targets = distinct([...(found.get(node)?.targets ?? []), target]);
      found.set(node, { operator, node, reason, targets });
    }
  return [...found.values()];
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)];
