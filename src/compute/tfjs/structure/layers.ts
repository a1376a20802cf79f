import type { LayerGraph, LayerKind } from '../../graph.ts';
import type { TensorSpec } from '../../tensor.ts';
import { type AffineStep, isNormalization } from '../../written-out.ts';
import type { GraphView, Specs } from '../graph-view.ts';
import { inputsOf, type NodeDef, nodeOf } from '../model-json.ts';
import { chosenFrom } from './columns.ts';
import {
  activationOf,
  affine,
  bookkeeping,
  elementwise,
  joins,
  kinds,
  products,
  reductions,
  scales,
  selection,
  shifts,
} from './families.ts';
import { parameterCount } from './parameters.ts';
import { tableRead } from './table-read.ts';
import { weightsBehind } from './weights-behind.ts';

/** A layer while its nodes are being found. */
interface Draft {
  kind: LayerKind;
  output: string;
  readonly nodes: NodeDef[];
  readonly inputs: ReadonlySet<Draft>;
  /** What follows elementwise is no part of it. */
  readonly isClosed: boolean;
}

/**
 * Layers as people would name them. One walk in topological order: products, look-ups, convolutions, … begin a layer; what follows
 * elementwise from that one layer alone (bias, activation) belongs to it; bookkeeping hands on where values come from.
 */
export function findLayers(view: GraphView, specs: Specs): LayerGraph[] {
  const walk = new Walk(view, specs);
  for (const node of view.nodes) walk.visit(node);
  return walk.layers();
}

class Walk {
  readonly #view: GraphView;
  readonly #specs: Specs;
  /** Nodes that only bookkeeping, concatenation and the choice of columns lie between and an output. */
  readonly #outputSide: Set<string>;
  readonly #drafts: Draft[] = [];
  /** The nearest layers that a node's values come from. */
  readonly #sources = new Map<string, ReadonlySet<Draft>>();
  /** The layer that a node is the whole, perhaps not yet final, output of. */
  readonly #open = new Map<string, Draft>();

  constructor(view: GraphView, specs: Specs) {
    this.#view = view;
    this.#specs = specs;
    this.#outputSide = new Set(view.outputs.map(nodeOf));
    for (const node of view.nodes.toReversed()) {
      const { name, op } = node;
      const isPassage = bookkeeping.has(op) || joins.has(op) || chosenFrom(view, specs, node) !== undefined;
      if (isPassage && this.#outputSide.has(name))
        for (const input of inputsOf(node))
          if (view.readers.get(input)?.length === 1) this.#outputSide.add(nodeOf(input));
    }
  }

  visit(node: NodeDef): void {
    if (!this.#view.dependent.has(node.name) || node.op === 'Placeholder') return;
    const kind = this.#kindOf(node);
    if (kind === 'PART') this.#extend(node);
    else if (kind === null) this.#handOn(node);
    else this.#begin(node, kind);
  }

  layers(): LayerGraph[] {
    const named = this.#drafts.filter(({ output }) => this.#isByRow(output) && this.#unitsOf(output) !== undefined);
    return named.map((draft, index) => {
      const output = this.#specs.get(draft.output) as TensorSpec;
      const operators = draft.nodes.map(({ op }) => op);
      return {
        name: draft.output,
        index,
        kind: draft.kind,
        operators,
        activation: activationOf(operators),
        units: this.#unitsOf(draft.output) as number,
        unitAxis: output.shape.length - 1,
        parameterCount: parameterCount(this.#view, draft.nodes),
        output,
        inputs: [...draft.inputs].filter((input) => named.includes(input)).map((input) => input.output),
      };
    });
  }

  /** Which kind of layer the node begins; PART when it belongs to the layer before it, null when it is none. */
  #kindOf(node: NodeDef): LayerKind | 'PART' | null {
    const { op, name } = node;
    if (this.#specs.get(name)?.dtype !== 'float32') return null;
    if (tableRead(this.#view, node) !== undefined) return 'EMBEDDING';
    if (bookkeeping.has(op) || selection.has(op)) return null;
    const open = this.#openBefore(node);
    if (this.#outputSide.has(name)) {
      if (joins.has(op)) return null;
      return affine.has(op) && open !== undefined && !open.isClosed ? 'PART' : 'OUTPUT';
    }
    if (products.has(op)) return this.#productKind(node);
    if (kinds[op] !== undefined) return kinds[op];
    const sources = this.#sourcesOf(node);
    if (reductions.has(op)) return this.#reductionKind(node);
    if (affine.has(op) || elementwise.has(op)) {
      if (open !== undefined && !open.isClosed) return this.#normalizes(node, open) ? 'NORMALIZATION' : 'PART';
      if (sources.size > 1) return 'INTERACTION';
      return sources.size === 1 && elementwise.has(op) ? 'ACTIVATION' : null;
    }
    if (joins.has(op) || op === 'Pack' || op === 'Einsum') return sources.size > 1 ? 'INTERACTION' : null;
    return this.#readsWeights(node) ? 'OTHER' : null;
  }

  #productKind(node: NodeDef): LayerKind {
    if (this.#readsWeights(node)) return 'DENSE';
    const isWeighted = inputsOf(node).some((name) => this.#view.byName.get(nodeOf(name))?.op === 'Softmax');
    return isWeighted ? 'ATTENTION' : 'INTERACTION';
  }

  #reductionKind(node: NodeDef): LayerKind | null {
    if (this.#sourcesOf(node).size === 0) return null;
    const before = this.#specs.get(inputsOf(node)[0] ?? '')?.shape.at(-1);
    return before === this.#specs.get(node.name)?.shape.at(-1) ? 'POOLING' : 'INTERACTION';
  }

  /**
   * Whether the node begins a normalisation after the activation of a layer, which has ended then: nobody needs what it computed on the
   * way to make more of it (as a gate's operand, or the other half of an activation that was written out).
   */
  #normalizes(node: NodeDef, before: Draft): boolean {
    if (before.kind !== 'RECURRENT' && !before.nodes.some(({ op }) => elementwise.has(op))) return false;
    const isPending = ({ op }: NodeDef): boolean => affine.has(op) || elementwise.has(op);
    const readers = before.nodes
      .flatMap(({ name }) => this.#view.readers.get(name) ?? [])
      .filter((reader) => isPending(reader) && !before.nodes.includes(reader));
    if (readers.some((reader) => reader !== node)) return false;
    const nextOf = ({ name }: NodeDef): NodeDef | undefined => {
      const [next, ...others] = this.#view.readers.get(name) ?? [];
      return others.length === 0 ? next : undefined;
    };
    return isNormalization(node, (each) => this.#affineStep(each, before), nextOf);
  }

  #affineStep(node: NodeDef, { output }: Draft): AffineStep | undefined {
    const constant = inputsOf(node).find((name) => !this.#view.dependent.has(nodeOf(name)));
    if (constant === undefined || !(scales.has(node.op) || shifts.has(node.op))) return undefined;
    const shapes = weightsBehind(this.#view, constant).map(({ shape }) => shape);
    const isPerUnit = shapes.some(
      (shape) => shape.some((dim) => dim > 1) || (shape.length > 0 && this.#unitsOf(output) === 1),
    );
    return { operation: scales.has(node.op) ? 'SCALE' : 'SHIFT', isPerUnit };
  }

  #begin(node: NodeDef, kind: LayerKind): void {
    const isClosed =
      kind === 'EMBEDDING' || kind === 'POOLING' || kind === 'OUTPUT' || (kind === 'INTERACTION' && joins.has(node.op));
    const draft: Draft = { kind, output: node.name, nodes: [node], inputs: this.#sourcesOf(node), isClosed };
    this.#drafts.push(draft);
    this.#own(node.name, draft);
  }

  #extend(node: NodeDef): void {
    const draft = this.#openBefore(node) as Draft;
    draft.nodes.push(node);
    this.#own(node.name, draft);
    if (this.#unitsOf(node.name) === this.#unitsOf(draft.output) || !this.#isByRow(draft.output))
      draft.output = node.name;
    if (this.#outputSide.has(node.name)) draft.kind = 'OUTPUT';
  }

  #own(name: string, draft: Draft): void {
    this.#open.set(name, draft);
    this.#sources.set(name, new Set([draft]));
  }

  /** No layer: the output comes from where its inputs come from. */
  #handOn(node: NodeDef): void {
    const open = selection.has(node.op) ? undefined : this.#openBefore(node);
    this.#sources.set(node.name, this.#sourcesOf(node));
    if (open !== undefined) this.#open.set(node.name, open);
  }

  /** The one layer that all inputs of the node that depend on the rows are the whole output of. */
  #openBefore(node: NodeDef): Draft | undefined {
    const before = inputsOf(node)
      .map(nodeOf)
      .filter((name) => this.#view.dependent.has(name));
    const drafts = new Set(before.map((name) => this.#open.get(name)));
    return drafts.size === 1 ? [...drafts][0] : undefined;
  }

  #sourcesOf(node: NodeDef): ReadonlySet<Draft> {
    return new Set(inputsOf(node).flatMap((name) => [...(this.#sources.get(nodeOf(name)) ?? [])]));
  }

  #readsWeights(node: NodeDef): boolean {
    return inputsOf(node).some((name) => !this.#view.dependent.has(nodeOf(name)));
  }

  /** Some exports of a normalisation have the rows on another axis on the way. */
  #isByRow(name: string): boolean {
    return this.#specs.get(name)?.shape[0] === null;
  }

  /** A vector [rows] is one unit; undefined where the number is not static. Channels come last. */
  #unitsOf(name: string): number | undefined {
    const shape = this.#specs.get(name)?.shape;
    if (shape === undefined || shape.length === 0) return undefined;
    return shape.length === 1 ? 1 : (shape.at(-1) ?? undefined);
  }
}
