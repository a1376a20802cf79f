import type { GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from './proto/onnx_pb.js';

/** A graph with its look-ups: who produces a tensor, who reads it, what is constant. Built once, never changed. */
export interface GraphView {
  readonly graph: GraphProto;
  /** Version of the default operator domain. */
  readonly opset: number;
  readonly producers: ReadonlyMap<string, NodeProto>;
  readonly consumers: ReadonlyMap<string, readonly NodeProto[]>;
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Graph inputs that are no initializers. */
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly nodes: readonly NodeProto[];
}

export function viewOf(model: ModelProto): GraphView {
  const graph = model.graph;
  if (graph === undefined) throw new Error('the model has no graph');
  const producers = new Map<string, NodeProto>();
  const consumers = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    for (const output of node.output) if (output !== '') producers.set(output, node);
    for (const input of new Set([...node.input, ...captures(node)])) {
      if (input === '') continue;
      const readers = consumers.get(input);
      if (readers === undefined) consumers.set(input, [node]);
      else readers.push(node);
    }
  }
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  return {
    graph,
    opset: Number(model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')?.version ?? 0n),
    producers,
    consumers,
    initializers,
    inputs: graph.input.filter(({ name }) => !initializers.has(name)),
    outputs: graph.output,
    nodes: graph.node,
  };
}

/** Outer tensors that the bodies of a control-flow node (If, Loop, Scan) read by name, without naming them as inputs. */
export function captures(node: NodeProto): string[] {
  const names = new Set<string>();
  for (const { g, graphs } of node.attribute) {
    for (const body of g === undefined ? graphs : [g, ...graphs]) for (const name of freeNames(body)) names.add(name);
  }
  return [...names];
}

function freeNames(body: GraphProto): Set<string> {
  const bound = new Set([
    ...body.input.map(({ name }) => name),
    ...body.initializer.map(({ name }) => name),
    ...body.node.flatMap((node) => node.output),
  ]);
  const free = new Set<string>();
  for (const node of body.node)
    for (const name of [...node.input, ...captures(node)]) if (name !== '' && !bound.has(name)) free.add(name);
  for (const { name } of body.output) if (!bound.has(name)) free.add(name);
  return free;
}
