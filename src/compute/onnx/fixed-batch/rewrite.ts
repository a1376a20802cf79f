import { create } from '@bufbuild/protobuf';
import { rowAxisOf } from '../../made-up.ts';
import { int64, type TensorSpec } from '../../tensor.ts';
import { readInt } from '../attributes.ts';
import { GraphBuilder } from '../builder.ts';
import { only, operators } from '../operators.ts';
import { inOrder } from '../order.ts';
import { GraphProtoSchema, type ModelProto, type NodeProto, ValueInfoProtoSchema } from '../proto/onnx_pb.js';
import { readsOf } from '../reach.ts';
import { valueInfoOf } from '../tensors.ts';

/**
 * The model for batches of any size, as far as it can be guessed: what an exporter wrote for `rowCount` rows (sizes of a Reshape or Expand,
 * states that a recurrent layer begins with, constants beside each row) is written for as many as come. Whether it is right only running
 * both shows. `inputs`: whose first axis is that of the rows; `specs`: static shapes of all tensors.
 */
export function forAnyBatchSize(
  model: ModelProto,
  inputs: readonly string[],
  specs: ReadonlyMap<string, TensorSpec>,
  rowCount: number,
): ModelProto {
  const rewriting = new Rewriting(withInputs(model, openInputs(inputs, specs)), inputs, specs, rowCount);
  return rewriting.model();
}

/** The first axis of any size. */
export const openInputs = (inputs: readonly string[], specs: ReadonlyMap<string, TensorSpec>): TensorSpec[] =>
  inputs.flatMap((name) => {
    const spec = specs.get(name);
    return spec === undefined ? [] : [{ ...spec, shape: [null, ...spec.shape.slice(1)] }];
  });

/** Declares these inputs anew, and nothing of other tensors. */
export function withInputs(model: ModelProto, inputs: readonly TensorSpec[]): ModelProto {
  const byName = new Map(inputs.map(({ name, dtype, shape }) => [name, valueInfoOf(name, dtype, shape)]));
  const graph = Object.assign(create(GraphProtoSchema), model.graph, {
    input: model.graph?.input.map((info) => byName.get(info.name) ?? info),
    output: model.graph?.output.map(({ name }) => create(ValueInfoProtoSchema, { name })),
    valueInfo: [],
  });
  return { ...model, graph };
}

const recurrent: ReadonlySet<string> = new Set(['RNN', 'GRU', 'LSTM']);
const broadcasting: ReadonlySet<string> = new Set('Add Sub Mul Div Pow Mod Where PRelu Max Min Sum Mean'.split(' '));

class Rewriting {
  readonly #builder: GraphBuilder;
  readonly #specs: ReadonlyMap<string, TensorSpec>;
  readonly #rowCount: number;
  readonly #dependent: Set<string>;
  /** How many rows there are, int64 [1]. */
  readonly #rows: string;

  constructor(model: ModelProto, inputs: readonly string[], specs: ReadonlyMap<string, TensorSpec>, rowCount: number) {
    this.#builder = new GraphBuilder(model, new Map());
    this.#specs = specs;
    this.#rowCount = rowCount;
    this.#dependent = new Set(inputs);
    const sizes = only(this.#builder.node('Shape', [inputs[0] ?? '']));
    this.#rows = operators.slice(this.#builder, [sizes], { axis: 0, start: 0, end: 1 });
  }

  model(): ModelProto {
    const { graph } = this.#builder.model;
    for (const node of [...(graph?.node ?? [])]) {
      if (node.output[0] !== undefined) this.#rewrite(node);
      if (readsOf(node).some((name) => this.#dependent.has(name)))
        for (const name of node.output) this.#dependent.add(name);
    }
    if (graph !== undefined) graph.node = [...(inOrder(graph.node) ?? graph.node)];
    return this.#builder.model;
  }

  #rewrite(node: NodeProto): void {
    const { opType, input } = node;
    const shape = this.#shapeOf(node.output[0] ?? '');
    const axis = shape && rowAxisOf(shape, this.#rowCount);
    if (shape === undefined || axis === undefined) return;
    if (opType === 'Reshape') this.#reshape(node, shape);
    else if (!input.some((name) => this.#dependent.has(name))) return;
    else if (opType === 'Expand') this.#expand(node, shape, axis);
    else if (opType === 'Concat') this.#concat(node, axis);
    else if (recurrent.has(opType)) this.#begin(node);
    else if (broadcasting.has(opType)) this.#broadcast(node, shape.length - axis);
  }

  /** The rows stay where as many elements are in front of them. */
  #reshape(node: NodeProto, shape: readonly number[]): void {
    const [data = '', sizes = ''] = node.input;
    const from = this.#shapeOf(data);
    const rows = from && rowAxisOf(from, this.#rowCount);
    if (!this.#dependent.has(data) || this.#dependent.has(sizes) || from === undefined || rows === undefined) return;
    const inFront = product(from.slice(0, rows));
    const axis = shape.findIndex(
      (size, at) => product(shape.slice(0, at)) === inFront && size > 0 && size % this.#rowCount === 0,
    );
    if (axis >= 0) this.#replace(node, 1, this.#builder.constant(int64([shape.length], shape.with(axis, -1))));
  }

  /** Sizes that are computed from those of an input are right; what is expanded may be a constant for so many rows. */
  #expand(node: NodeProto, shape: readonly number[], axis: number): void {
    const [data = '', sizes = ''] = node.input;
    const own = this.#constantShape(data);
    const from = own === undefined ? -1 : axis - (shape.length - own.length);
    if (this.#rowCount > 1 && own?.[from] === this.#rowCount) this.#replace(node, 0, this.#first(data, from));
    if (!this.#dependent.has(sizes)) this.#replace(node, 1, this.#sizes(shape, axis));
  }

  /** Constants beside each row: as many as there are rows. */
  #concat(node: NodeProto, axis: number): void {
    const along = readInt(node, 'axis') ?? 0;
    for (const [at, name] of node.input.entries()) {
      const shape = this.#constantShape(name);
      if (shape === undefined || shape[axis] !== this.#rowCount || axis === (along + shape.length) % shape.length)
        continue;
      this.#replace(node, at, this.#forEach(name, shape, axis));
    }
  }

  /** Lengths and first states: [rows] and [directions, rows, units]. */
  #begin(node: NodeProto): void {
    for (const [at, axis] of [
      [4, 0],
      [5, 1],
      [6, 1],
    ] as const) {
      const shape = this.#constantShape(node.input[at] ?? '');
      if (shape?.[axis] === this.#rowCount) this.#replace(node, at, this.#forEach(node.input[at] ?? '', shape, axis));
    }
  }

  /** A constant that says for every row the same says it once. `fromEnd`: how far from the end the axis of the rows is. */
  #broadcast(node: NodeProto, fromEnd: number): void {
    for (const [at, name] of node.input.entries()) {
      const shape = this.#constantShape(name);
      const axis = shape === undefined ? -1 : shape.length - fromEnd;
      if (this.#rowCount > 1 && shape?.[axis] === this.#rowCount) this.#replace(node, at, this.#first(name, axis));
    }
  }

  #forEach(name: string, shape: readonly number[], axis: number): string {
    return only(this.#builder.node('Expand', [this.#first(name, axis), this.#sizes(shape, axis)]));
  }

  #first(name: string, axis: number): string {
    return operators.slice(this.#builder, [name], { axis, start: 0, end: 1 });
  }

  /** The shape with as many rows as there are. */
  #sizes(shape: readonly number[], axis: number): string {
    const integers = (values: readonly number[]): string => this.#builder.constant(int64([values.length], values));
    const perRow = (shape[axis] ?? 0) / this.#rowCount;
    const rows = perRow === 1 ? this.#rows : only(this.#builder.node('Mul', [this.#rows, integers([perRow])]));
    const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const parts = [
      ...(before.length > 0 ? [integers(before)] : []),
      rows,
      ...(after.length > 0 ? [integers(after)] : []),
    ];
    return only(this.#builder.node('Concat', parts, { axis: 0 }));
  }

  #constantShape(name: string): readonly number[] | undefined {
    if (name === '' || this.#dependent.has(name)) return undefined;
    return this.#builder.initializer(name)?.dims.map(Number) ?? this.#shapeOf(name);
  }

  #shapeOf(name: string): readonly number[] | undefined {
    const shape = this.#specs.get(name)?.shape;
    return shape?.every((size) => size !== null) ? (shape as number[]) : undefined;
  }

  #replace(node: NodeProto, at: number, name: string): void {
    node.input = node.input.with(at, name);
  }
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);
