import { create } from '@bufbuild/protobuf';
import type { TensorSpec } from '../../tensor.ts';
import { GraphBuilder } from '../builder.ts';
import { inOrder } from '../order.ts';
import type { GraphProto, ModelProto, NodeProto } from '../proto/onnx_pb.js';
import { GraphProtoSchema } from '../proto/onnx_pb.js';
import type { SessionSettings } from '../sessions/runtime.ts';
import { inferredSpecs } from '../shapes/specs.ts';
import { captures, viewOf } from '../view.ts';
import { type Bags, bagged } from './segments.ts';
import { sequenceBags } from './sequence.ts';
import { stackedBags } from './stacked.ts';

/** Adding at places comes with it. */
export const oldestOpset = 16;

const patterns: Readonly<Record<string, (graph: GraphBuilder, node: NodeProto) => Bags | undefined>> = {
  Loop: stackedBags,
  ConcatFromSequence: sequenceBags,
};

/**
 * The same model with each EmbeddingBag, which exporters write as a Loop over its bags, as a Gather of all rows at once and a sum
 * by segments. What the Loop gave keeps its name. Then the rows that were looked up are a tensor, which has a gradient; and it is
 * faster. Models of an opset before 16 and other Loops stay as they are. Expects a normalized model.
 */
export async function withoutBagLoops(model: ModelProto, settings: SessionSettings): Promise<ModelProto> {
  const candidates = model.graph?.node.filter(({ opType }) => opType in patterns) ?? [];
  if (candidates.length === 0 || viewOf(model).opset < oldestOpset) return model;
  const specs = await inferredSpecs(model, settings);
  const graph = new GraphBuilder(model, new Map(specs.map((spec) => [spec.name, spec])));
  for (const { opType, output } of candidates) {
    const [name = ''] = output;
    const node = graph.producerOf(name);
    const bags = node && patterns[opType]?.(graph, node);
    if (bags === undefined || graph.model.graph === undefined) continue;
    const result = bagged(bags);
    graph.model.graph.node = graph.nodes.filter((each) => each !== node);
    graph.assign(name, result.name);
  }
  const { graph: changed } = graph.model;
  if (changed !== undefined) changed.node = [...(inOrder(needed(changed)) ?? changed.node)];
  return graph.model;
}

/** Of a model whose opset is too old for that: the nodes that are an EmbeddingBag, by name. */
export function bagsOfOldOpset(model: ModelProto, specs: ReadonlyMap<string, TensorSpec>): ReadonlySet<string> {
  const candidates = model.graph?.node.filter(({ opType }) => opType in patterns) ?? [];
  if (candidates.length === 0 || viewOf(model).opset >= oldestOpset) return new Set();
  const graph = new GraphBuilder(model, specs);
  return new Set(
    candidates
      .filter((node) => patterns[node.opType]?.(graph, node) !== undefined)
      .map(({ name, output }) => name || (output[0] ?? '')),
  );
}

/** The nodes without loops and sequences that nobody reads any more. */
function needed({ node: nodes, output }: GraphProto): NodeProto[] {
  const read = new Set([
    ...output.map(({ name }) => name),
    ...nodes.flatMap((node) => [...node.input, ...captures(node)]),
  ]);
  const kept = nodes.filter(
    ({ opType, output: made }) => !leftOvers.has(opType) || made.some((name) => read.has(name)),
  );
  return kept.length === nodes.length ? kept : needed(Object.assign(create(GraphProtoSchema), { node: kept, output }));
}

const leftOvers = new Set(['Loop', 'SequenceEmpty']);
