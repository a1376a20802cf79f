import type { LayerGraph, LayerKind } from '../graph.ts';
import type { TensorSpec } from '../tensor.ts';
import { activationOf, operatorOf } from './activation.ts';
import { type Draft, isClosedOff, isGateOf, isLinear, isPointwise, isWrittenOut, nonlinearIn } from './draft.ts';
import { outputSide } from './output-side.ts';
import { isBookkeeping, type Step, type StepGraph } from './steps.ts';
import { type AffineStep, isNormalization } from './written-out.ts';

/**
 * Layers as people would name them. One walk in topological order: matrix products, look-ups, convolutions, … begin a layer;
 * whatever follows pointwise from that one layer alone (bias, activation, an activation that an exporter wrote out) belongs to
 * it; bookkeeping only hands on where values come from.
 */
export function findLayers(graph: StepGraph): LayerGraph[] {
  const walk = new Walk(graph);
  for (const step of graph.steps) walk.visit(step);
  return walk.layers();
}

class Walk {
  readonly #graph: StepGraph;
  readonly #producers = new Map<string, Step>();
  readonly #readers = new Map<string, Step[]>();
  readonly #dependent: ReadonlySet<string>;
  readonly #outputSide: ReadonlySet<string>;
  readonly #drafts: Draft[] = [];
  /** Layers that a tensor's values come from, the nearest ones. */
  readonly #sources = new Map<string, ReadonlySet<Draft>>();
  /** The layer that a tensor is the whole, perhaps not yet final, output of. */
  readonly #open = new Map<string, Draft>();

  constructor(graph: StepGraph) {
    this.#graph = graph;
    for (const step of graph.steps) {
      for (const name of step.outputs) this.#producers.set(name, step);
      for (const name of new Set(step.reads)) this.#readers.set(name, [...(this.#readers.get(name) ?? []), step]);
    }
    this.#dependent = new Set([...graph.inputs, ...this.#producers.keys()]);
    this.#outputSide = outputSide(graph.steps, graph.outputs, this.#readers);
  }

  visit(step: Step): void {
    const kind = this.#kindOf(step);
    if (kind === 'PART') this.#extend(step);
    else if (kind === null) this.#handOn(step);
    else this.#begin(step, kind);
  }

  layers(): LayerGraph[] {
    const named = this.#drafts.filter(({ output }) => this.#isReadable(output) && this.#unitsOf(output) !== undefined);
    const position = new Map(named.map((draft, index) => [draft, index]));
    return named.map((draft, index) => ({
      name: draft.output,
      index,
      kind: draft.kind,
      operators: draft.steps.map(({ operator }) => operator),
      activation: activationOf(draft.steps, nonlinearIn(draft), this.#dependent),
      units: this.#unitsOf(draft.output) as number,
      unitAxis: this.#unitAxis(draft.output, draft),
      parameterCount: this.#graph.parameterCount(draft.steps),
      output: this.#graph.specs.get(draft.output) as TensorSpec,
      inputs: [...draft.inputs].filter((input) => position.has(input)).map((input) => input.output),
    }));
  }

  /** Which kind of layer the step begins; PART when it belongs to the layer before it, null when it is none. */
  #kindOf(step: Step): LayerKind | 'PART' | null {
    const { role } = step;
    const [output] = step.outputs;
    if (!this.#isFloat(output)) return null;
    if (role === 'EMBEDDING') return role;
    if (isBookkeeping(role) || role === 'SELECTION') return null;
    if (this.#outputSide.has(output)) return role === 'JOIN' ? null : this.#finalKind(step);
    if (role === 'PRODUCT') return step.reads.length > 1 ? this.#productKind(step) : null;
    if (role === 'REDUCTION') return this.#reductionKind(step);
    if (role === 'JOIN') return this.#sourcesOf(step).size > 1 ? 'INTERACTION' : null;
    if (isPointwise(role)) return this.#pointwiseKind(step);
    return role ?? (this.#readsWeights(step) ? 'OTHER' : null);
  }

  /** The last computation of the model is a layer of its own, so that the logit before it stays visible. */
  #finalKind(step: Step): LayerKind | 'PART' {
    const before = this.#openBefore(step);
    return isLinear(step.role) && before !== undefined && !before.isClosed ? 'PART' : 'OUTPUT';
  }

  #productKind(step: Step): LayerKind {
    if (this.#readsWeights(step)) return 'DENSE';
    return step.reads.some((name) => this.#isSoftmax(name)) ? 'ATTENTION' : 'INTERACTION';
  }

  /** Over a layer's own units with the mean taken off again: a normalisation that was written out. */
  #reductionKind(step: Step): LayerKind | 'PART' | null {
    const [input = ''] = step.reads;
    if (this.#sourcesOf(step).size === 0) return null;
    const readers = this.#readers.get(step.outputs[0]) ?? [];
    if (readers.some((reader) => operatorOf(reader) === 'Sub' && reader.reads.includes(input))) return 'NORMALIZATION';
    const open = this.#open.get(input);
    if (open !== undefined && isWrittenOut(open)) return 'PART';
    return this.#reducesUnits(step) ? 'INTERACTION' : 'POOLING';
  }

  /** Whether a reduction goes over the last axis, which is that of the units. */
  #reducesUnits({ reads, axes = [] }: Step): boolean {
    const rank = this.#shapeOf(reads[0] ?? '')?.length ?? 0;
    return axes.length === 0 || axes.some((axis) => (axis + rank) % rank === rank - 1);
  }

  #pointwiseKind(step: Step): LayerKind | 'PART' | null {
    const open = this.#openBefore(step);
    if (open !== undefined && !open.isClosed) return this.#normalizes(step, open) ? 'NORMALIZATION' : 'PART';
    if (this.#joinGate(step)) return 'PART';
    const sources = this.#sourcesOf(step);
    if (sources.size > 1) return 'INTERACTION';
    return sources.size === 1 && !isLinear(step.role) ? 'ACTIVATION' : null;
  }

  /**
   * Whether the step begins a normalisation after the activation of a layer, which has ended then: nobody needs what it computed on the
   * way to make more of it (as a gate's operand, or the other half of an activation that was written out).
   */
  #normalizes(step: Step, before: Draft): boolean {
    if (before.kind !== 'RECURRENT' && nonlinearIn(before).length === 0) return false;
    const readers = before.steps
      .flatMap(({ outputs }) => outputs.flatMap((name) => this.#readers.get(name) ?? []))
      .filter((reader) => isPointwise(reader.role) && !before.steps.includes(reader));
    if (readers.some((reader) => reader !== step)) return false;
    const nextOf = ({ outputs }: Step): Step | undefined => {
      const [next, ...others] = this.#readers.get(outputs[0]) ?? [];
      return others.length === 0 ? next : undefined;
    };
    return isNormalization(step, (each) => this.#affineStep(each, before), nextOf);
  }

  #affineStep({ role, reads }: Step, { output }: Draft): AffineStep | undefined {
    const constant = reads.find((name) => !this.#dependent.has(name));
    if (constant === undefined || (role !== 'SCALE' && role !== 'SHIFT')) return undefined;
    const isPerUnit = this.#graph
      .weightShapes(constant)
      .some((shape) => shape.some((size) => size > 1) || (shape.length > 0 && this.#unitsOf(output) === 1));
    return { operation: role, isPerUnit };
  }

  #begin(step: Step, kind: LayerKind): void {
    const inputs = this.#sourcesOf(step);
    const [output] = step.outputs;
    const draft: Draft = { kind, output, steps: [step], inputs, isClosed: isClosedOff(kind, step), isTurned: false };
    this.#drafts.push(draft);
    for (const name of step.outputs) this.#own(name, draft);
    // The draft of a written-out normalisation starts where its mean is taken, so its input is part of it from here on.
    if (isWrittenOut(draft)) this.#own(step.reads[0] ?? '', draft);
  }

  #extend(step: Step): void {
    const draft = this.#openBefore(step) as Draft;
    const [output] = step.outputs;
    draft.steps.push(step);
    this.#own(output, draft);
    const isLike = this.#unitsOf(output) === this.#unitsOf(draft.output);
    if (isLike || draft.kind === 'NORMALIZATION' || !this.#isReadable(draft.output)) draft.output = output;
    draft.isTurned = !isLike;
    if (this.#outputSide.has(output)) draft.kind = 'OUTPUT';
  }

  /**
   * A layer times a gate that was made of it alone by normalising and a sigmoid (Dice; Zhou et al. 2018): the gate's steps become
   * part of the layer that it gates.
   */
  #joinGate(step: Step): boolean {
    const [one, other] = new Set(step.reads.flatMap((name) => this.#open.get(name) ?? []));
    if (operatorOf(step) !== 'Mul' || one === undefined || other === undefined) return false;
    const [gated, gate] = isGateOf(one, other) ? [one, other] : [other, one];
    if (!isGateOf(gated, gate) || gated.isClosed) return false;
    gated.steps.push(...gate.steps);
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
  #handOn(step: Step): void {
    const sources = this.#sourcesOf(step);
    const open = step.role === 'SELECTION' ? undefined : this.#openBefore(step);
    for (const name of step.outputs) {
      this.#sources.set(name, sources);
      if (open === undefined) continue;
      this.#open.set(name, open);
      const isTurnedBack = open.isTurned && String(this.#shapeOf(name)) === String(this.#shapeOf(open.output));
      if (!isTurnedBack && !this.#givesPositions(step, open)) continue;
      open.output = name;
      open.isTurned = false;
    }
  }

  /**
   * Whether a reshape finds the positions again that a product over flattened sequences had on the axis of its rows: behind it
   * the units are the same, one axis alone is open, and there are others.
   */
  #givesPositions({ operator, reads, outputs }: Step, { output: flat }: Draft): boolean {
    if (operator !== 'Reshape' || reads[0] !== flat || this.#readers.get(flat)?.length !== 1) return false;
    const before = this.#shapeOf(flat);
    const after = this.#shapeOf(outputs[0]);
    if (before?.length !== 2 || before[0] !== null || after === undefined || after.at(-1) !== before[1]) return false;
    const others = after.slice(0, -1).filter((size) => size !== null);
    return others.length === after.length - 2 && others.some((size) => size > 1);
  }

  /** The one layer that all row-dependent inputs of the step are the whole output of. */
  #openBefore({ reads }: Step): Draft | undefined {
    const drafts = new Set(reads.filter((name) => this.#dependent.has(name)).map((name) => this.#open.get(name)));
    return drafts.size === 1 ? [...drafts][0] : undefined;
  }

  #sourcesOf({ reads }: Step): ReadonlySet<Draft> {
    return new Set(reads.flatMap((name) => [...(this.#sources.get(name) ?? [])]));
  }

  #isSoftmax(name: string): boolean {
    const producer = this.#producers.get(name);
    if (isBookkeeping(producer?.role)) return this.#isSoftmax(producer?.reads[0] ?? '');
    return producer?.operator === 'Softmax';
  }

  #readsWeights({ reads }: Step): boolean {
    return reads.some((name) => !this.#dependent.has(name));
  }

  #isFloat(name: string): boolean {
    return /^b?float/.test(this.#graph.specs.get(name)?.dtype ?? '');
  }

  #shapeOf(name: string): TensorSpec['shape'] | undefined {
    return this.#graph.specs.get(name)?.shape;
  }

  #isReadable(name: string): boolean {
    const spec = this.#graph.specs.get(name);
    return spec !== undefined && this.#graph.isReadable(spec);
  }

  #unitAxis(name: string, { steps: [first] }: Draft): number {
    const rank = this.#shapeOf(name)?.length ?? 1;
    const hasChannels = first?.role === 'CONVOLUTION' || first?.role === 'POOLING';
    return this.#graph.channelsFirst && hasChannels && rank > 1 ? 1 : rank - 1;
  }

  /** A vector [rows] is one unit; undefined where the number is not static. */
  #unitsOf(name: string): number | undefined {
    const shape = this.#shapeOf(name);
    if (shape === undefined || shape.length === 0) return undefined;
    if (shape.length === 1) return 1;
    const draft = this.#open.get(name);
    return shape[draft === undefined ? shape.length - 1 : this.#unitAxis(name, draft)] ?? undefined;
  }
}
