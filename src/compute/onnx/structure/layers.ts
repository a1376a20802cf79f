import type { LayerGraph, LayerKind } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import type { GraphView } from '../view.ts';
import { activationOf } from './activation.ts';
import {
  affine,
  bookkeeping,
  elementwise,
  normalizations,
  pools,
  products,
  recurrences,
  reductions,
  selection,
} from './operators.ts';
import { outputSide } from './output-side.ts';
import { parameterCount, weightsOf } from './parameters.ts';
import { readsOf } from './reach.ts';

type Specs = ReadonlyMap<string, TensorSpec>;

/** A layer while its nodes are being found. */
interface Draft {
  kind: LayerKind;
  output: string;
  readonly nodes: NodeProto[];
  readonly inputs: ReadonlySet<Draft>;
  /** What follows elementwise is no part of it. */
  readonly isClosed: boolean;
}

/**
 * Layers as people would name them. One walk in topological order: matrix products, look-ups, convolutions, … begin a layer;
 * whatever follows elementwise from that one layer alone (bias, activation, an activation that an exporter wrote out) belongs to
 * it; bookkeeping only hands on where values come from.
 */
export function findLayers(view: GraphView, specs: Specs, dependent: ReadonlySet<string>): LayerGraph[] {
  const walk = new Walk(view, specs, dependent);
  for (const node of view.nodes) walk.visit(node);
  return walk.layers();
}

class Walk {
  readonly #view: GraphView;
  readonly #specs: Specs;
  readonly #dependent: ReadonlySet<string>;
  readonly #outputSide: ReadonlySet<string>;
  readonly #drafts: Draft[] = [];
  /** Layers that a tensor's values come from, the nearest ones. */
  readonly #sources = new Map<string, ReadonlySet<Draft>>();
  /** The layer that a tensor is the whole, perhaps not yet final, output of. */
  readonly #open = new Map<string, Draft>();

  constructor(view: GraphView, specs: Specs, dependent: ReadonlySet<string>) {
    this.#view = view;
    this.#specs = specs;
    this.#dependent = dependent;
    this.#outputSide = outputSide(view);
  }

  visit(node: NodeProto): void {
    const [output] = node.output;
    if (output === undefined || !this.#dependent.has(output)) return;
    const kind = this.#kindOf(node);
    if (kind === 'PART') this.#extend(node);
    else if (kind === null) this.#handOn(node);
    else this.#begin(node, kind);
  }

  layers(): LayerGraph[] {
    const named = this.#drafts.filter(({ output }) => this.#unitsOf(output) !== undefined);
    const position = new Map(named.map((draft, index) => [draft, index]));
    return named.map((draft, index) => {
      const operators = draft.nodes.map(({ opType }) => opType);
      const nonlinear = operators.filter((operator) => elementwise.has(operator));
      const spec = this.#specs.get(draft.output) as TensorSpec;
      return {
        name: draft.output,
        index,
        kind: draft.kind,
        operators,
        activation: activationOf(operators, nonlinear),
        units: this.#unitsOf(draft.output) as number,
        unitAxis: this.#unitAxis(draft),
        parameterCount: parameterCount(weightsOf(draft.nodes, this.#view, this.#dependent), this.#view, this.#specs),
        output: spec,
        inputs: [...draft.inputs].filter((input) => position.has(input)).map((input) => input.output),
      };
    });
  }

  /** Which kind of layer the node begins; PART when it belongs to the layer before it, null when it is none. */
  #kindOf(node: NodeProto): LayerKind | 'PART' | null {
    const { opType } = node;
    const [output] = node.output as [string];
    if (!this.#isFloat(output)) return null;
    if (opType === 'Gather' && !this.#dependent.has(node.input[0] as string)) return 'EMBEDDING';
    if (bookkeeping.has(opType) || selection.has(opType)) return null;
    if (this.#outputSide.has(output)) return opType === 'Concat' ? null : this.#finalKind(node);
    if (products.has(opType)) return this.#productKind(node);
    if (opType === 'Conv' || opType === 'ConvTranspose') return 'CONVOLUTION';
    if (recurrences.has(opType)) return 'RECURRENT';
    if (opType === 'Attention' || opType === 'MultiHeadAttention') return 'ATTENTION';
    if (normalizations.has(opType)) return 'NORMALIZATION';
    if (pools.has(opType)) return 'POOLING';
    if (reductions.has(opType)) return this.#reductionKind(node);
    if (affine.has(opType) || elementwise.has(opType)) return this.#elementwiseKind(node);
    if (opType === 'Concat' || opType === 'Einsum') return this.#sourcesOf(node).size > 1 ? 'INTERACTION' : null;
    return this.#readsWeights(node) ? 'OTHER' : null;
  }

  /** The last computation of the model is a layer of its own, so that the logit before it stays visible. */
  #finalKind(node: NodeProto): LayerKind | 'PART' {
    const before = this.#openBefore(node);
    return affine.has(node.opType) && before !== undefined && !before.isClosed ? 'PART' : 'OUTPUT';
  }

  #productKind(node: NodeProto): LayerKind {
    if (this.#readsWeights(node)) return 'DENSE';
    const weighted = node.input.some((name) => this.#isSoftmax(name));
    return weighted ? 'ATTENTION' : 'INTERACTION';
  }

  /** Over a layer's own units with the mean taken off again: a normalisation that was written out. */
  #reductionKind(node: NodeProto): LayerKind | 'PART' | null {
    const [input, output] = [node.input[0] as string, node.output[0] as string];
    if (this.#sourcesOf(node).size === 0) return null;
    const readers = this.#view.consumers.get(output) ?? [];
    if (readers.some(({ opType, input: inputs }) => opType === 'Sub' && inputs.includes(input))) return 'NORMALIZATION';
    if (this.#open.get(input)?.kind === 'NORMALIZATION') return 'PART';
    const before = this.#specs.get(input)?.shape.at(-1);
    return before === this.#specs.get(output)?.shape.at(-1) ? 'POOLING' : 'INTERACTION';
  }

  #elementwiseKind(node: NodeProto): LayerKind | 'PART' | null {
    const open = this.#openBefore(node);
    if (open !== undefined && !open.isClosed) return 'PART';
    const sources = this.#sourcesOf(node);
    if (sources.size > 1) return 'INTERACTION';
    if (affine.has(node.opType)) return null;
    return sources.size === 1 ? 'ACTIVATION' : null;
  }

  #begin(node: NodeProto, kind: LayerKind): void {
    const [output] = node.output as [string];
    const inputs = this.#sourcesOf(node);
    // The draft of a written-out normalisation starts where its mean is taken, so its input is part of it from here on.
    const isWrittenOut = kind === 'NORMALIZATION' && reductions.has(node.opType);
    const isClosed =
      kind === 'EMBEDDING' ||
      kind === 'POOLING' ||
      kind === 'OUTPUT' ||
      (kind === 'INTERACTION' && node.opType === 'Concat');
    const draft: Draft = { kind, output, nodes: [node], inputs, isClosed };
    this.#drafts.push(draft);
    for (const name of node.output) this.#own(name, draft);
    if (isWrittenOut) this.#own(node.input[0] as string, draft);
  }

  #extend(node: NodeProto): void {
    const draft = this.#openBefore(node) as Draft;
    const [output] = node.output as [string];
    draft.nodes.push(node);
    this.#own(output, draft);
    if (this.#unitsOf(output) === this.#unitsOf(draft.output) || draft.kind === 'NORMALIZATION') draft.output = output;
    if (this.#outputSide.has(output)) draft.kind = 'OUTPUT';
  }

  #own(name: string, draft: Draft): void {
    this.#open.set(name, draft);
    this.#sources.set(name, new Set([draft]));
  }

  /** No layer: the output comes from where its inputs come from. */
  #handOn(node: NodeProto): void {
    const sources = this.#sourcesOf(node);
    const open = selection.has(node.opType) ? undefined : this.#openBefore(node);
    for (const name of node.output) {
      this.#sources.set(name, sources);
      if (open !== undefined) this.#open.set(name, open);
    }
  }

  /** The one layer that all row-dependent inputs of the node are the whole output of. */
  #openBefore(node: NodeProto): Draft | undefined {
    const drafts = new Set(
      readsOf(node)
        .filter((name) => this.#dependent.has(name))
        .map((name) => this.#open.get(name)),
    );
    return drafts.size === 1 ? [...drafts][0] : undefined;
  }

  #sourcesOf(node: NodeProto): ReadonlySet<Draft> {
    return new Set(readsOf(node).flatMap((name) => [...(this.#sources.get(name) ?? [])]));
  }

  #isSoftmax(name: string): boolean {
    const producer = this.#view.producers.get(name);
    if (producer === undefined) return false;
    if (bookkeeping.has(producer.opType)) return this.#isSoftmax(producer.input[0] as string);
    return producer.opType === 'Softmax';
  }

  #readsWeights(node: NodeProto): boolean {
    return node.input.some((name) => name !== '' && !this.#dependent.has(name));
  }

  #isFloat(name: string): boolean {
    const dtype = this.#specs.get(name)?.dtype;
    return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
  }

  #unitAxis({ kind, output }: Draft): number {
    const rank = this.#specs.get(output)?.shape.length ?? 1;
    return kind === 'CONVOLUTION' || (kind === 'POOLING' && rank > 2) ? 1 : rank - 1;
  }

  /** A vector [rows] is one unit; undefined where the number is not static. */
  #unitsOf(name: string): number | undefined {
    const shape = this.#specs.get(name)?.shape;
    if (shape === undefined || shape.length === 0) return undefined;
    if (shape.length === 1) return 1;
    const draft = this.#open.get(name);
    return shape[draft === undefined ? shape.length - 1 : this.#unitAxis(draft)] ?? undefined;
  }
}
