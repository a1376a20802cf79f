import { type GlassgraphError, unsupportedOperator } from '../../../errors.ts';
import { readFloat, readInt, readInts, readString } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { AttributeProto, NodeProto } from '../proto/onnx_pb.js';
import { integersOf } from '../shapes/constant-folding.ts';
import { Value } from './value.ts';

/** Of tensors that the target needs. */
interface Gradients {
  has(name: string): boolean;
  get(name: string): Value | undefined;
}

type Reading = (input: Value, index: number) => Value;

/** A node as its rule sees it: its inputs, its outputs, the gradients of its outputs, and its attributes. */
export class Site {
  readonly graph: GraphBuilder;
  readonly node: NodeProto;
  readonly #gradients: Gradients;
  readonly #read: Reading;

  /**
   * `gradients`: by tensor; those of outputs that the target does not need are missing, and zero. `read`: what the rule gets to see
   * of an input.
   */
  constructor(graph: GraphBuilder, node: NodeProto, gradients: Gradients, read: Reading = (input) => input) {
    this.graph = graph;
    this.node = node;
    this.#gradients = gradients;
    this.#read = read;
  }

  /** The same with other inputs of the same shapes. */
  reading(read: Reading): Site {
    return new Site(this.graph, this.node, this.#gradients, read);
  }

  get opset(): number {
    return this.graph.opset;
  }

  /** The only input, or the first of several. */
  get x(): Value {
    return this.input(0);
  }
  get a(): Value {
    return this.input(0);
  }
  get b(): Value {
    return this.input(1);
  }
  get c(): Value {
    return this.input(2);
  }
  get inputs(): Value[] {
    return this.node.input.map((_, index) => this.input(index));
  }
  has(index: number): boolean {
    return (this.node.input[index] ?? '') !== '';
  }
  input(index: number): Value {
    const input = this.value(this.node.input[index] ?? '');
    return this.has(index) ? this.#read(input, index) : input;
  }
  optional(index: number): Value | undefined {
    return this.has(index) ? this.input(index) : undefined;
  }

  get y(): Value {
    return this.output(0);
  }
  output(index: number): Value {
    return this.value(this.node.output[index] ?? '');
  }
  /** The gradient of the first output. */
  get dy(): Value {
    return this.gradient(0);
  }
  gradient(index: number): Value {
    const output = this.output(index);
    return this.#gradients.get(output.name) ?? output.zerosLike(output);
  }
  isNeeded(index: number): boolean {
    return this.#gradients.has(this.node.output[index] ?? '');
  }

  value(name: string): Value {
    return new Value(this.graph, name);
  }

  int(name: string, otherwise: number): number {
    return readInt(this.node, name) ?? otherwise;
  }
  ints(name: string): readonly number[] | undefined {
    return readInts(this.node, name);
  }
  /** In float32, as attributes are, also for a model of float64. */
  float(name: string, otherwise: number): number {
    return Math.fround(readFloat(this.node, name) ?? otherwise);
  }
  string(name: string, otherwise: string): string {
    return readString(this.node, name) ?? otherwise;
  }

  /** All attributes, for another node of the kind. */
  get attributes(): Readonly<Record<string, AttributeProto>> {
    return Object.fromEntries(this.node.attribute.map((attribute) => [attribute.name, attribute]));
  }
  /** An attribute that is an axis of `value`, not negative. */
  axis(name: string, otherwise: number, value = this.x): number {
    return positive(this.int(name, otherwise), value.rank);
  }
  /**
   * Whole numbers that are an attribute in old opsets and an input in new ones; undefined where there are none, or where they are
   * known at run time only.
   */
  known(name: string, index: number): readonly number[] | undefined {
    return this.ints(name) ?? (this.has(index) ? integersOf(this.graph, this.node.input[index] ?? '') : undefined);
  }

  /** UNSUPPORTED_OPERATOR; `reason` completes “has no gradient: …”. */
  unsupported(reason: string): GlassgraphError {
    const { opType, output } = this.node;
    const node = this.node.name || (output[0] ?? '');
    return unsupportedOperator(
      `The node “${node}” (${opType}) has no gradient: ${reason}. Ask for a tensor behind it, or use a method that needs no gradients, e.g. ablation.`,
      { operator: opType, node, reason },
    );
  }
}

export const positive = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
