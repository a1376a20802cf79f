/**
 * What binds a model to rows: where its score is, and which column fills which slot of which input. Registered as JSON
 * (docs/manifest.md), kept complete: names checked, slots and score filled in. The whole of it enters the model's digest, as
 * JSON with sorted keys; vocabularies do by their own digests.
 */
export interface Manifest {
  readonly score: ScoreBinding;
  readonly features: readonly FeatureBinding[];
  /** File name as registered → SHA-256 of its text, which is kept below the server's home (vocabulary.ts). */
  readonly vocabularies: Readonly<Record<string, string>>;
}

export const scoreSpaces = ['PROBABILITY', 'LOGIT', 'VALUE'] as const;
/** LOGIT: the score is the sigmoid of the output. VALUE: a number that no label is compared with. */
export type ScoreSpace = (typeof scoreSpaces)[number];

/** The score is `output[..., index]`. */
export interface ScoreBinding {
  readonly output: string;
  readonly index: number;
  readonly space: ScoreSpace;
  /** Name of the tensor that holds the logit, where the graph has one. */
  readonly logit?: string;
  /** Share w of the negatives that training kept: scores become p / (p + (1 − p) / w) (He et al. 2014). */
  readonly negativeSampling?: number;
}

export const featureKinds = ['NUMERIC', 'CATEGORICAL', 'SEQUENCE', 'EMBEDDING'] as const;
export type FeatureKind = (typeof featureKinds)[number];
export type FeatureBinding = NumericFeature | CategoricalFeature | SequenceFeature | EmbeddingFeature;

interface Slot {
  readonly name: string;
  readonly column: string;
  readonly input: string;
  /** First element of the feature in a row of the input. */
  readonly index: number;
  readonly group?: string;
}

/** A number. A null becomes `missing`, then the transforms apply in order. */
export interface NumericFeature extends Slot {
  readonly kind: 'NUMERIC';
  readonly missing?: number;
  readonly transform?: readonly Transform[];
}

interface Ids extends Slot {
  /** Name of a file beside the model: line i (from 0) is id i + offset. Without it, values are ids. */
  readonly vocabulary?: string;
  readonly offset?: number;
  /** Id of nulls and of values outside the vocabulary: 0 unless said. Said, also of ids beyond the table. */
  readonly missing?: number;
}

/** One id. */
export interface CategoricalFeature extends Ids {
  readonly kind: 'CATEGORICAL';
}

/** A list of ids, filled up to `length` with `padding`. */
export interface SequenceFeature extends Ids {
  readonly kind: 'SEQUENCE';
  readonly length: number;
  readonly padding: number;
}

/** A list of exactly `length` numbers: a carrier that is looked up outside of the model. */
export interface EmbeddingFeature extends Slot {
  readonly kind: 'EMBEDDING';
  readonly length: number;
}

export type Transform =
  | { readonly log1p: true }
  | { readonly standardize: { readonly mean: number; readonly deviation: number } }
  | { readonly clip: { readonly low: number; readonly high: number } }
  | { readonly bucketize: { readonly edges: readonly number[] } };

/** Number of elements that a feature takes in a row of its input. */
export const widthOf = (feature: FeatureBinding): number => ('length' in feature ? feature.length : 1);

/** What a client gets, and could register again: the vocabularies by the names of their files. */
export const publicManifest = ({ score, features }: Manifest): Omit<Manifest, 'vocabularies'> => ({ score, features });
