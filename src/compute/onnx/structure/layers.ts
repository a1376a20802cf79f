import type { LayerGraph, LayerKind } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import { type AffineStep, isNormalization } from '../../written-out.ts';
import { readInts } from '../attributes.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { readsOf } from '../reach.ts';
import { integersOf } from '../tensors.ts';
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
  scales,
  selection,
  shifts,
  spreads,
} from './operators.ts';
import { outputSide } from './output-side.ts';
import { parameterCount, weightsOf } from './parameters.ts';

type Specs = ReadonlyMap<string, TensorSpec>;

/** A layer while its nodes are being found. */
interface Draft {
  kind: LayerKind;
  output: string;
  readonly nodes: NodeProto[];
  readonly inputs: ReadonlySet<Draft>;
  /** What follows elementwise is no part of it. */
  readonly isClosed: boolean;
  /** Its last nodes have their units on another axis: the output is what moves them back. */
  isTurned: boolean;
}

/**
 * Layers as people would name them. One walk in topological order: matrix products, look-ups, convolutions, … begin a layer;
 * whatever follows elementwise from that one layer alone (bias, activation, an activation that an exporter wrote out) belongs to
 * it; bookkeeping only hands on where values come from. `carriers`: the tensors that look-ups give.
 */
export function findLayers(
  view: GraphView,
  specs: Specs,
  dependent: ReadonlySet<string>,
  carriers: ReadonlySet<string>,
): LayerGraph[] {
  const walk = new Walk(view, specs, dependent, carriers);
  for (const node of view.nodes) walk.visit(node);
  return walk.layers();
}

class Walk {
  readonly #view: GraphView;
  readonly #specs: Specs;
  readonly #dependent: ReadonlySet<string>;
  readonly #carriers: ReadonlySet<string>;
  readonly #outputSide: ReadonlySet<string>;
  readonly #drafts: Draft[] = [];
  /** Layers that a tensor's values come from, the nearest ones. */
  readonly #sources = new Map<string, ReadonlySet<Draft>>();
  /** The layer that a tensor is the whole, perhaps not yet final, output of. */
  readonly #open = new Map<string, Draft>();

  constructor(view: GraphView, specs: Specs, dependent: ReadonlySet<string>, carriers: ReadonlySet<string>) {
    this.#view = view;
    this.#specs = specs;
    this.#dependent = dependent;
    this.#carriers = carriers;
    this.#outputSide = outputSide(view, specs);
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
      const spec = this.#specs.get(draft.output) as TensorSpec;
      return {
        name: draft.output,
        index,
        kind: draft.kind,
        operators,
        activation: activationOf(operators, nonlinearIn(draft)),
        units: this.#unitsOf(draft.output) as number,
        unitAxis: this.#unitAxis(draft),
        parameterCount: parameterCount(weightsOf(draft.nodes, this.#view, this.#dependent), this.#view),
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
    if (this.#carriers.has(output)) return 'EMBEDDING';
    if (opType === 'Gather' && !this.#dependent.has(node.input[0] as string)) return 'EMBEDDING';
    if (bookkeeping.has(opType) || selection.has(opType) || isBookkeepingBranch(node)) return null;
    if (this.#outputSide.has(output)) return opType === 'Concat' ? null : this.#finalKind(node);
    if (products.has(opType)) return node.input.length > 1 ? this.#productKind(node) : null;
    if (opType === 'Conv' || opType === 'ConvTranspose') return 'CONVOLUTION';
    if (recurrences.has(opType)) return 'RECURRENT';
    if (opType === 'Attention' || opType === 'MultiHeadAttention') return 'ATTENTION';
    if (normalizations.has(opType)) return 'NORMALIZATION';
    if (pools.has(opType)) return 'POOLING';
    if (reductions.has(opType)) return this.#reductionKind(node);
    if (affine.has(opType) || elementwise.has(opType)) return this.#elementwiseKind(node);
    if (opType === 'Concat') return this.#sourcesOf(node).size > 1 ? 'INTERACTION' : null;
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
    const open = this.#open.get(input);
    if (open?.kind === 'NORMALIZATION' && isWrittenOut(open)) return 'PART';
    return this.#reducesUnits(node) ? 'INTERACTION' : 'POOLING';
  }

  /** Whether a reduction goes over the last axis, which is that of the units. */
  #reducesUnits(node: NodeProto): boolean {
    const rank = this.#specs.get(node.input[0] as string)?.shape.length ?? 0;
    const axes = this.#view.initializers.get(node.input[1] ?? '');
    const given = readInts(node, 'axes') ?? (axes && integersOf(axes));
    return given === undefined || given.length === 0 || given.some((axis) => (axis + rank) % rank === rank - 1);
  }

  #elementwiseKind(node: NodeProto): LayerKind | 'PART' | null {
    const open = this.#openBefore(node);
    if (open !== undefined && !open.isClosed) return this.#normalizes(node, open) ? 'NORMALIZATION' : 'PART';
    if (this.#joinGate(node)) return 'PART';
    const sources = this.#sourcesOf(node);
    if (sources.size > 1) return 'INTERACTION';
    if (affine.has(node.opType)) return null;
    return sources.size === 1 ? 'ACTIVATION' : null;
  }

  /**
   * Whether the node begins a normalisation after the activation of a layer, which has ended then: nobody needs what it computed on the
   * way to make more of it (as a gate's operand, or the other half of an activation that was written out).
   */
  #normalizes(node: NodeProto, before: Draft): boolean {
    if (before.kind !== 'RECURRENT' && nonlinearIn(before).length === 0) return false;
    const isPending = ({ opType }: NodeProto): boolean => affine.has(opType) || elementwise.has(opType);
    const readers = before.nodes
      .flatMap(({ output }) => output.flatMap((name) => this.#view.consumers.get(name) ?? []))
      .filter((reader) => isPending(reader) && !before.nodes.includes(reader));
    if (readers.some((reader) => reader !== node)) return false;
    const nextOf = ({ output }: NodeProto): NodeProto | undefined => {
      const [next, ...others] = this.#view.consumers.get(output[0] ?? '') ?? [];
      return others.length === 0 ? next : undefined;
    };
    return isNormalization(node, (each) => this.#affineStep(each, before), nextOf);
  }

  #affineStep({ opType, input }: NodeProto, { output }: Draft): AffineStep | undefined {
    const constant = input.find((name) => !this.#dependent.has(name));
    if (constant === undefined || !(scales.has(opType) || shifts.has(opType))) return undefined;
    const shape = this.#view.initializers.get(constant)?.dims.map(Number) ?? this.#specs.get(constant)?.shape ?? [];
    const size = shape.reduce<number>((product, dim) => product * (dim ?? 1), 1);
    const isPerUnit = size > 1 || (shape.length > 0 && this.#unitsOf(output) === 1);
    return { operation: scales.has(opType) ? 'SCALE' : 'SHIFT', isPerUnit };
  }

  #begin(node: NodeProto, kind: LayerKind): void {
    const [output] = node.output as [string];
    const inputs = this.#sourcesOf(node);
    const isClosed =
      kind === 'EMBEDDING' ||
      kind === 'POOLING' ||
      kind === 'OUTPUT' ||
      (kind === 'INTERACTION' && node.opType === 'Concat');
    const draft: Draft = { kind, output, nodes: [node], inputs, isClosed, isTurned: false };
    this.#drafts.push(draft);
    for (const name of node.output) this.#own(name, draft);
    // The draft of a written-out normalisation starts where its mean is taken, so its input is part of it from here on.
    if (kind === 'NORMALIZATION' && isWrittenOut(draft)) this.#own(node.input[0] as string, draft);
  }

  #extend(node: NodeProto): void {
    const draft = this.#openBefore(node) as Draft;
    const [output] = node.output as [string];
    draft.nodes.push(node);
    this.#own(output, draft);
    const isLike = this.#unitsOf(output) === this.#unitsOf(draft.output);
    if (isLike || draft.kind === 'NORMALIZATION') draft.output = output;
    draft.isTurned = !isLike;
    if (this.#outputSide.has(output)) draft.kind = 'OUTPUT';
  }

  /**
   * A layer times a gate that was made of it alone by normalising and a sigmoid (Dice; Zhou et al. 2018): the gate's nodes become
   * part of the layer that it gates.
   */
  #joinGate(node: NodeProto): boolean {
    const [one, other] = new Set(node.input.flatMap((name) => this.#open.get(name) ?? []));
    if (node.opType !== 'Mul' || one === undefined || other === undefined) return false;
    const [gated, gate] = isGateOf(one, other) ? [one, other] : [other, one];
    if (!isGateOf(gated, gate) || gated.isClosed) return false;
    gated.nodes.push(...gate.nodes);
    this.#drafts.splice(this.#drafts.indexOf(gate), 1);
    for (const [name, draft] of this.#open) if (draft === gate) this.#open.set(name, gated);
    for (const [name, sources] of this.#sources)
      if (sources.has(gate))
        this.#sources.set(name, new Set([...sources].map((draft) => (draft === gate ? gated : draft))));
    return true;
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
      if (open === undefined) continue;
      this.#open.set(name, open);
      const isTurnedBack = open.isTurned && this.#unitsOf(name) === this.#unitsOf(open.output);
      if (!isTurnedBack && !this.#givesPositions(node, open)) continue;
      open.output = name;
      open.isTurned = false;
    }
  }

  /**
   * Whether a reshape finds the positions again that a product over flattened sequences had on the axis of its rows: behind it
   * the units are the same, one axis alone is open, and there are others.
   */
  #givesPositions({ opType, input, output }: NodeProto, { output: flat }: Draft): boolean {
    const readers = this.#view.consumers.get(flat)?.filter((reader) => reader.opType !== 'Shape');
    if (opType !== 'Reshape' || input[0] !== flat || readers?.length !== 1) return false;
    const before = this.#specs.get(flat)?.shape;
    const after = this.#specs.get(output[0] as string)?.shape;
    if (before?.length !== 2 || before[0] !== null || after === undefined || after.at(-1) !== before[1]) return false;
    const others = after.slice(0, -1).filter((size) => size !== null);
    return others.length === after.length - 2 && others.some((size) => size > 1);
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

  #unitAxis({ kind, nodes, output }: Draft): number {
    const rank = this.#specs.get(output)?.shape.length ?? 1;
    return rank > 1 && (kind === 'CONVOLUTION' || pools.has(nodes[0]?.opType ?? '')) ? 1 : rank - 1;
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

/** Operators of a layer that are no part of a linear map. */
const nonlinearIn = ({ kind, nodes }: Draft): string[] =>
  nodes
    .map(({ opType }) => opType)
    .filter((operator) => elementwise.has(operator) && !(kind === 'NORMALIZATION' && spreads.has(operator)));

/** A gate is made of one layer by normalising it and a sigmoid. */
const isGateOf = (gated: Draft, { kind, inputs, nodes }: Draft): boolean =>
  kind === 'NORMALIZATION' &&
  inputs.size === 1 &&
  inputs.has(gated) &&
  nodes.some(({ opType }) => opType === 'Sigmoid');

/** Begun where a mean is taken, not by an operator of its own. */
const isWrittenOut = ({ nodes }: Draft): boolean => reductions.has(nodes[0]?.opType ?? '');

/** Exporters choose at run time whether an axis is taken off: either branch only moves values about. */
function isBookkeepingBranch({ opType, attribute }: NodeProto): boolean {
  return (
    opType === 'If' &&
    attribute.every(({ g }) => g?.node.every((node) => node.opType === 'Constant' || bookkeeping.has(node.opType)))
  );
}
