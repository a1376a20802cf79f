/** The part of TensorFlow's GraphDef, as JSON, that graph models have: names and attributes are the protobuf's. */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  /** `name`, `name:1` for the second output, `^name` for what has only to run before. */
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, Attribute>>;
}

export interface Attribute {
  readonly i?: string | number;
  readonly f?: number;
  readonly b?: boolean;
  readonly type?: string | number;
  readonly shape?: { readonly dim?: readonly { readonly size: string | number }[]; readonly unknownRank?: boolean };
  readonly list?: { readonly s?: readonly string[]; readonly i?: readonly (string | number)[] };
  readonly [other: string]: unknown;
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Whole numbers q stand for q · scale + min; float16 for itself. */
  readonly quantization?: { readonly dtype: string; readonly scale?: number; readonly min?: number };
  /** `optimizer` for what only training needs. */
  readonly group?: string;
}

export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

interface SignatureEntry {
  readonly name: string;
}

export interface GraphJson {
  readonly format: 'graph-model';
  readonly modelTopology: { readonly node: readonly NodeDef[]; readonly [other: string]: unknown };
  readonly signature?: {
    readonly inputs?: Readonly<Record<string, SignatureEntry>>;
    readonly outputs?: Readonly<Record<string, SignatureEntry>>;
  };
  readonly weightsManifest: readonly WeightGroup[];
}

/** A layers model: Keras' own description of its layers. */
export interface LayersJson {
  readonly format: 'layers-model';
  readonly modelTopology: Readonly<Record<string, unknown>>;
  readonly weightsManifest: readonly WeightGroup[];
}

export type ModelJson = GraphJson | LayersJson;

/** A tensor's name: that of its node, with `:n` for the outputs after the first. */
export const tensorName = (written: string): string => written.replace(/:0$/, '');

/** The node of a tensor. */
export const nodeOf = (tensor: string): string => tensor.replace(/:\d+$/, '');

/** Tensors that a node reads. */
export const inputsOf = (node: NodeDef): string[] =>
  (node.input ?? []).filter((name) => !name.startsWith('^')).map(tensorName);

/** A text of an attribute, which protobuf's JSON writes as base64. */
export const textOf = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');
