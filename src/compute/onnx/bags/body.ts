import { attributeNamed, readInt, readInts } from '../attributes.ts';
import type { GraphBuilder } from '../builder.ts';
import type { GraphProto, NodeProto } from '../proto/onnx_pb.js';
import { fromTensorProto } from '../tensors.ts';

/** The body of a loop, to be followed from its outputs back to its inputs and to the graph around it. */
export class Body {
  readonly graph: GraphProto;
  readonly outer: GraphBuilder;
  readonly #producers: ReadonlyMap<string, NodeProto>;

  constructor(outer: GraphBuilder, graph: GraphProto, enclosing?: Body) {
    this.outer = outer;
    this.graph = graph;
    const own = graph.node.flatMap((node) => node.output.map((name): [string, NodeProto] => [name, node]));
    this.#producers = new Map([...(enclosing === undefined ? [] : enclosing.#producers), ...own]);
  }

  /** The node that makes a tensor, if it is of this operator. */
  made(name: string | undefined, operator: string): NodeProto | undefined {
    const node = this.#producers.get(name ?? '');
    return node?.opType === operator && node.domain === '' ? node : undefined;
  }

  /** Behind operators that change neither values nor their order. */
  plain(name: string | undefined): string {
    const node = this.#producers.get(name ?? '');
    const isPlain = node !== undefined && plain.has(node.opType) && node.domain === '';
    return isPlain ? this.plain(node.input[0]) : (name ?? '');
  }

  /** The only number of a constant, here or outside. */
  number(name: string | undefined): number | undefined {
    const source = this.plain(name);
    const node = this.made(source, 'Constant');
    const constant = node && attributeNamed(node, 'value')?.t;
    const tensor = constant === undefined ? this.outer.valueOf(source) : fromTensorProto(constant);
    return tensor?.data.length === 1 ? Number(tensor.data[0]) : undefined;
  }

  /** A body within this one, which reads what is made here. */
  inner(graph: GraphProto): Body {
    return new Body(this.outer, graph, this);
  }

  /** k where a tensor is the loop's index + k. */
  place(index: string, name: string | undefined): number | undefined {
    const source = this.plain(name);
    if (source === index) return 0;
    const sum = this.made(source, 'Add');
    const [place, step] = [sum && this.place(index, sum.input[0]), sum && this.number(sum.input[1])];
    return place === undefined || step === undefined ? undefined : place + step;
  }

  isOutside(name: string): boolean {
    return !this.#producers.has(name) && !this.graph.input.some((input) => input.name === name);
  }

  /** Whether a reduction is over axis 0 alone, with or without that axis kept. */
  reducesFirst(node: NodeProto, keepdims: boolean): boolean {
    const axes = readInts(node, 'axes');
    const isFirst = axes === undefined ? this.number(node.input[1]) === 0 : axes.length === 1 && axes[0] === 0;
    return isFirst && (readInt(node, 'keepdims') ?? 1) === Number(keepdims);
  }
}

const plain = new Set(['Identity', 'Cast', 'CastLike', 'Unsqueeze', 'Reshape']);
