import { create } from '@bufbuild/protobuf';
import type { DType, Tensor, TensorSpec } from '../tensor.ts';
import { type AttributeValue, attributeOf, readInt, readInts } from './attributes.ts';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from './proto/onnx_pb.js';
import { GraphProtoSchema, ModelProtoSchema, NodeProtoSchema } from './proto/onnx_pb.js';
import { renamed } from './rename.ts';
import { inferOutput } from './shapes/infer.ts';
import { dtypeOf, fromTensorProto, toTensorProto, valueInfoOf } from './tensors.ts';
import { viewOf } from './view.ts';

/**
 * A graph that grows: a copy of a model to which nodes are added, with look-ups that stay current. Equal nodes and equal
 * constants are added once (hash-consing), whoever asks for them.
 */
export class GraphBuilder {
  readonly model: ModelProto;
  readonly opset: number;
  readonly #graph: GraphProto;
  readonly #initializers: Map<string, TensorProto>;
  readonly #producers: Map<string, NodeProto>;
  readonly #consumers: Map<string, NodeProto[]>;
  readonly #specs: Map<string, TensorSpec>;
  readonly #names: Set<string>;
  readonly #known = new Map<string, string[]>();
  readonly #scope: string;

  /**
   * `specs`: what is known of the model's own tensors. The model itself is not changed. `scope`: what names that are added begin with, in a
   * graph that will be a body of another.
   */
  constructor(model: ModelProto, specs: ReadonlyMap<string, TensorSpec>, scope = '') {
    this.model = copyOf(model);
    this.#scope = scope;
    const view = viewOf(this.model);
    this.opset = view.opset;
    this.#graph = view.graph;
    this.#initializers = new Map(view.initializers);
    this.#producers = new Map(view.producers);
    this.#consumers = new Map([...view.consumers].map(([name, nodes]) => [name, [...nodes]]));
    this.#specs = new Map(specs);
    this.#names = new Set([
      ...view.graph.input.map(({ name }) => name),
      ...this.#initializers.keys(),
      ...this.#producers.keys(),
      ...this.#consumers.keys(),
    ]);
  }

  /** All nodes, those that were added behind the model's own. */
  get nodes(): readonly NodeProto[] {
    return this.#graph.node;
  }

  producerOf(name: string): NodeProto | undefined {
    return this.#producers.get(name);
  }

  consumersOf(name: string): readonly NodeProto[] {
    return this.#consumers.get(name) ?? [];
  }

  initializer(name: string): TensorProto | undefined {
    return this.#initializers.get(name);
  }

  /** The value of an initializer or of a Constant node, when it is small enough to lie in the graph itself. */
  valueOf(name: string): Tensor | undefined {
    const proto = this.#initializers.get(name) ?? constantTensor(this.#producers.get(name));
    return proto && fromTensorProto(proto);
  }

  /** Element type and shape, null where a dimension is known at run time only; undefined when not even the rank is known. */
  specOf(name: string): TensorSpec | undefined {
    const known = this.#specs.get(name);
    if (known !== undefined) return known;
    const proto = this.#initializers.get(name) ?? constantTensor(this.#producers.get(name));
    const dtype = proto && dtypeOf(proto.dataType);
    return proto && dtype && { name, dtype, shape: proto.dims.map(Number) };
  }

  /** Say what is known of an added tensor that shape inference could not find out, e.g. that a gradient is like its tensor. */
  declare(name: string, dtype: DType, shape: readonly (number | null)[]): void {
    this.#specs.set(name, { name, dtype, shape: [...shape] });
  }

  /** A name that no tensor and no node has; it is taken from now on. */
  uniqueName(prefix: string): string {
    const first = `${this.#scope}${prefix}`;
    let name = first;
    for (let count = 1; this.#names.has(name); count++) name = `${first}_${count}`;
    this.#names.add(name);
    return name;
  }

  /** A further input of the graph, null where its size is known at run time only; returns its name. */
  input(prefix: string, dtype: DType, shape: readonly (number | null)[]): string {
    const name = this.uniqueName(prefix);
    this.#graph.input.push(valueInfoOf(name, dtype, shape));
    this.declare(name, dtype, shape);
    return name;
  }

  /**
   * Whoever reads the tensor `name` now reads the one that is returned, and which `assign` must make. Nodes that are added
   * afterwards read what they name.
   */
  replace(name: string): string {
    const replacement = this.uniqueName(`override/${name}`);
    const names = new Map([[name, replacement]]);
    const readers = this.#consumers.get(name) ?? [];
    for (const node of readers) {
      const { input, attribute } = renamed(node, names);
      Object.assign(node, { input, attribute });
    }
    this.#consumers.delete(name);
    this.#consumers.set(replacement, readers);
    const spec = this.#specs.get(name);
    if (spec !== undefined) this.declare(replacement, spec.dtype, spec.shape);
    return replacement;
  }

  /** Makes the tensor `name` a copy of `source`. */
  assign(name: string, source: string): void {
    this.#add(create(NodeProtoSchema, { name, opType: 'Identity', input: [source], output: [name] }));
  }

  /** An initializer with this value; returns its name. */
  constant(tensor: Tensor): string {
    const bytes = Buffer.from(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength).toString('base64');
    const key = `constant ${tensor.dtype} ${tensor.dims.join()} ${bytes}`;
    const known = this.#known.get(key)?.[0];
    if (known !== undefined) return known;
    const proto = toTensorProto(this.uniqueName('constant'), tensor);
    this.#graph.initializer.push(proto);
    this.#initializers.set(proto.name, proto);
    this.#known.set(key, [proto.name]);
    return proto.name;
  }

  /**
   * A node of the default domain; an input left out is ''. Returns the names of its outputs. Whole numbers in `attributes` are
   * INT and INTS, for FLOAT write { float: 0.5 }; attributes of other nodes can be handed on as they are.
   */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    outputCount = 1,
  ): string[] {
    const attribute = Object.entries(attributes)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => attributeOf(name, value));
    const key = JSON.stringify([operator, inputs, outputCount, attribute.map(attributeKey)]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = this.uniqueName(`glassgraph/${operator}`);
    const output = Array.from({ length: outputCount }, (_, index) =>
      index === 0 ? name : this.uniqueName(`${name}/${index}`),
    );
    const node = create(NodeProtoSchema, { name, opType: operator, input: [...inputs], output, attribute });
    this.#add(node);
    this.#known.set(key, output);
    return output;
  }

  #add(node: NodeProto): void {
    this.#graph.node.push(node);
    for (const output of node.output) this.#producers.set(output, node);
    for (const input of new Set(node.input)) {
      if (input === '') continue;
      const readers = this.#consumers.get(input);
      if (readers === undefined) this.#consumers.set(input, [node]);
      else readers.push(node);
    }
    const first = node.output[0];
    const result = inferOutput({
      operator: node.opType,
      inputs: node.input.map((input) => this.specOf(input)),
      values: (index) => integersOf(this.valueOf(node.input[index] ?? '')),
      int: (attribute, otherwise) => readInt(node, attribute) ?? otherwise,
      ints: (attribute) => readInts(node, attribute),
    });
    if (first !== undefined && result !== undefined && !this.#specs.has(first))
      this.declare(first, result.dtype, result.shape);
  }
}

/** Lists and nodes are copied, since they change; tensors and attributes are shared. */
function copyOf(model: ModelProto): ModelProto {
  const graph = Object.assign(create(GraphProtoSchema), model.graph);
  graph.node = graph.node.map((node) => Object.assign(create(NodeProtoSchema), node, { input: [...node.input] }));
  graph.initializer = [...graph.initializer];
  graph.input = [...graph.input];
  graph.output = [...graph.output];
  return Object.assign(create(ModelProtoSchema), model, { graph });
}

const constantTensor = (node: NodeProto | undefined): TensorProto | undefined =>
  node?.opType === 'Constant' ? node.attribute.find(({ name }) => name === 'value')?.t : undefined;

const integersOf = (tensor: Tensor | undefined): number[] | undefined =>
  tensor && Array.from(tensor.data as ArrayLike<number | bigint>, Number);

const attributeKey = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'bigint' ? `${part}` : part instanceof Uint8Array ? Buffer.from(part).toString('base64') : part,
  );
