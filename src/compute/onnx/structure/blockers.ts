import type { Blocker, ModelGraph } from '../../graph.ts';
import { findBlockers } from '../../structure/blockers.ts';
import type { TensorSpec } from '../../tensor.ts';
import { GraphBuilder } from '../builder.ts';
import { obstacles } from '../gradients/index.ts';
import type { ModelProto } from '../proto/onnx_pb.js';

/** Found by differentiating the graph: what throws is in the way. Nothing is run. */
export function blockersOf(
  model: ModelProto,
  specs: ReadonlyMap<string, TensorSpec>,
  ends: Pick<ModelGraph, 'inputs' | 'outputs' | 'lookups' | 'logits'>,
): Blocker[] {
  const graph = new GraphBuilder(model, specs);
  return findBlockers(ends, specs, (target, wanted) =>
    obstacles(graph, target, wanted).map(({ details, message }) => {
      const { operator, node, reason = message } = details as { operator: string; node: string; reason?: string };
      return { operator, node, reason };
    }),
  );
}
