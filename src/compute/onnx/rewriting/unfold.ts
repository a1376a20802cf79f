import { elementCount, int64 } from '../../tensor.ts';
import { readInt } from '../attributes.ts';
import { GraphBuilder } from '../builder.ts';
import { only } from '../operators.ts';
import { inOrder } from '../order.ts';
import type { ModelProto, NodeProto } from '../proto/onnx_pb.js';
import type { SessionSettings } from '../sessions/runtime.ts';
import type { Shape } from '../shapes/known.ts';
import { inferredSpecs } from '../shapes/specs.ts';
import { viewOf } from '../view.ts';

/** They change shapes and nothing else. */
const reshaping = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);

/**
 * The same model with ids looked up while they still lie in rows. Where exporters flatten the ids of all rows into one list (for an
 * EmbeddingBag, say) and look that up, the ids are looked up as they were before, and their vectors are flattened: then the vectors
 * of a row are a part of a tensor. What was looked up keeps its name. Expects a normalized model.
 */
export async function unfolded(model: ModelProto, settings: SessionSettings): Promise<ModelProto> {
  if (!hasFlattenedIds(model)) return model;
  const specs = await inferredSpecs(model, settings);
  const graph = new GraphBuilder(model, new Map(specs.map((spec) => [spec.name, spec])));
  for (const node of viewOf(graph.model).nodes) {
    const [table = '', ids = ''] = node.input;
    const rows = isLookup(node) ? rowsOf(graph, ids) : undefined;
    const entry = graph.initializer(table)?.dims.slice(1).map(Number);
    if (rows === undefined || entry === undefined || graph.model.graph === undefined) continue;
    graph.model.graph.node = graph.nodes.filter((each) => each !== node);
    const vectors = only(graph.node('Gather', [table, rows], { axis: 0 }));
    const dimensions = graph.constant(int64([entry.length], entry));
    const shape = only(graph.node('Concat', [only(graph.node('Shape', [ids])), dimensions], { axis: 0 }));
    graph.assign(node.output[0] ?? '', only(graph.node('Reshape', [vectors, shape])));
  }
  const { graph: changed } = graph.model;
  if (changed !== undefined) changed.node = [...(inOrder(changed.node) ?? changed.node)];
  return graph.model;
}

function hasFlattenedIds(model: ModelProto): boolean {
  const { nodes, producers, initializers } = viewOf(model);
  return nodes.some(
    (node) =>
      isLookup(node) &&
      initializers.has(node.input[0] ?? '') &&
      reshaping.has(producers.get(node.input[1] ?? '')?.opType ?? ''),
  );
}

const isLookup = (node: NodeProto): boolean => node.opType === 'Gather' && (readInt(node, 'axis') ?? 0) === 0;

/** The tensor that `ids` were flattened from, in which the first axis is the rows; undefined when they still lie in rows. */
function rowsOf(graph: GraphBuilder, ids: string): string | undefined {
  const width = widthOf(graph.specOf(ids)?.shape);
  for (let name = ids; width !== undefined; ) {
    const producer = graph.producerOf(name);
    if (producer === undefined || !reshaping.has(producer.opType)) return undefined;
    name = producer.input[0] ?? '';
    if ((widthOf(graph.specOf(name)?.shape) ?? width) > width) return name;
  }
  return undefined;
}

/** Elements of a row, if the first axis may be the rows and all others are known. */
function widthOf(shape: Shape | undefined): number | undefined {
  const [first, ...rest] = shape ?? [0];
  return first === null && rest.every((size) => size !== null) ? elementCount(rest) : undefined;
}
