import type { TensorSpec } from './tensor.ts';

/**
 * What a model is, as far as it can be told from its files: the same for every backend, JSON throughout (it is computed
 * once, at registration, and kept in the store).
 */
export interface ModelGraph {
  readonly inputs: readonly TensorSpec[];
  /** Of a model that takes some. */
  readonly texts?: TextInputs;
  readonly outputs: readonly TensorSpec[];
  /** Every tensor that a program may read, inputs and outputs included, in topological order. */
  readonly tensors: readonly TensorSpec[];
  /** In topological order. */
  readonly layers: readonly LayerGraph[];
  readonly parameterCount: number;
  /** Of every element of an output that has one: the tensor before its sigmoid or softmax. */
  readonly logits: readonly LogitTensor[];
  readonly lookups: readonly LookupGraph[];
  /** undefined of models that were registered before this was found out. */
  readonly capabilities?: Capabilities;
}

/** Inputs that the model's owner knows as texts. They are filled with int64: the place of a text in a list that comes with every batch. */
export interface TextInputs {
  readonly inputs: readonly string[];
  /** What the executor's own graph calls that list; it is none of `ModelGraph.inputs`. */
  readonly list: string;
}

/** Inputs as the model's owner knows them. */
export const ownInputs = (graph: Pick<ModelGraph, 'inputs' | 'texts'>): TensorSpec[] =>
  graph.inputs.map((input) => (takesTexts(graph, input.name) ? { ...input, dtype: 'string' } : input));

export const takesTexts = ({ texts }: Pick<ModelGraph, 'texts'>, input: string): boolean =>
  texts?.inputs.includes(input) ?? false;

/** What an executor can do with a model. */
export interface Capabilities {
  /** Inner tensors can be read. */
  readonly activations: boolean;
  /** Inner tensors can be replaced. */
  readonly interventions: boolean;
  /** Nodes without a gradient between what carries features and what the model gives out. */
  readonly blockers: readonly Blocker[];
  /** Nodes that take elements of an input that has no gradient, and look them up in no table. */
  readonly strays: readonly Stray[];
}

export interface Blocker {
  readonly operator: string;
  readonly node: string;
  readonly reason: string;
  /** The outputs, and logits of outputs, whose gradients are blocked. */
  readonly targets: readonly string[];
}

export interface Stray extends Omit<Blocker, 'targets'> {
  readonly input: string;
  /** Elements of a row of the input. */
  readonly columns: readonly number[];
}

export const layerKinds = [
  'EMBEDDING',
  'DENSE',
  'ACTIVATION',
  'NORMALIZATION',
  'INTERACTION',
  'ATTENTION',
  'CONVOLUTION',
  'RECURRENT',
  'POOLING',
  'OUTPUT',
  'OTHER',
] as const;
export type LayerKind = (typeof layerKinds)[number];

/** A tensor that people would call a layer's output. */
export interface LayerGraph {
  /** The name of its output tensor: unique in the model. */
  readonly name: string;
  readonly index: number;
  readonly kind: LayerKind;
  /** Operator types that make it up, in topological order, e.g. Gemm, Relu. */
  readonly operators: readonly string[];
  /** e.g. relu, sigmoid, gelu; null where there is none. */
  readonly activation: string | null;
  /** Number of neurons: the size of axis `unitAxis` of the output. */
  readonly units: number;
  /** The last axis; 1 for convolutions whose channels come first. */
  readonly unitAxis: number;
  readonly parameterCount: number;
  readonly output: TensorSpec;
  /** Names of the layers whose outputs it reads, directly or through bookkeeping operators. */
  readonly inputs: readonly string[];
}

/** `output[..., index]` is the sigmoid of `tensor[..., tensorIndex]`, or its share of a softmax. */
export interface LogitTensor {
  readonly output: string;
  readonly index: number;
  readonly tensor: string;
  readonly tensorIndex: number;
  /**
   * Of a softmax: the elements of a row of `tensor` that it is over, from `start` to before `end`. No tensor holds the logit then: it is
   * the element itself less the logarithm of the others' summed exponentials.
   */
  readonly classes?: { readonly start: number; readonly end: number };
}

/**
 * Elements of an input's rows that are ids of a table, and where their entries go. One input may feed many lookups, and one
 * lookup serve many features.
 */
export interface LookupGraph {
  readonly input: string;
  /** Name of the weight. */
  readonly table: string;
  readonly entryCount: number;
  /** Elements of an entry. */
  readonly dimension: number;
  /** The tensor of whole numbers that says which entries are read, [rows, …]. */
  readonly ids: string;
  /** The differentiable tensor that holds the entries: one after the other, its row is [elements of a row of `ids`, dimension]. */
  readonly carrier: string;
  /** Of each id: its element in a row of the input, in row-major order. */
  readonly columns: readonly number[];
  /** Of each id: its element in a row of `ids`, and so that of its entry in a row of `carrier`. */
  readonly places: readonly number[];
  /** Of each id: what the graph adds to it to have the number of its entry; null where it does anything else to it. */
  readonly offsets: readonly (number | null)[];
  /** Of each id: how many, from 0 on, fall into the table, shifts in the graph considered; null where all do. */
  readonly idCounts: readonly (number | null)[];
}
