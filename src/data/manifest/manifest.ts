import { type ModelGraph, takesTexts } from '../../compute/graph.ts';

/**
 * What binds a model to rows: where its score is, and which column fills which slot of which input. Registered as JSON
 * (docs/manifest.md), kept complete: names checked, slots and score filled in. The whole of it enters the model's digest, as
 * JSON with sorted keys; vocabularies do by their own digests.
 */
export interface Manifest {
  readonly score: ScoreBinding;
  /** Other elements of outputs that the model predicts, where they are not what the score is. */
  readonly targets?: readonly TargetBinding[];
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

/** Another head: its element, on its own scale, and the column that it is judged by. */
export interface TargetBinding extends Omit<ScoreBinding, 'negativeSampling'> {
  readonly label?: string;
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
  /** Or a value's text is hashed: its id is the hash modulo `buckets`, + offset. */
  readonly hash?: HashBinding;
  readonly offset?: number;
  /** Id of nulls and of values outside the vocabulary: 0 unless said. Said, also of ids beyond the table. */
  readonly missing?: number;
}

/** FarmHash’s Fingerprint64, which TensorFlow’s `tf.strings.to_hash_bucket_fast` is made of. */
export interface HashBinding {
  readonly function: 'farmhash64';
  readonly buckets: number;
}

/** One id, or a text of an input that takes texts. */
export interface CategoricalFeature extends Omit<Ids, 'missing'> {
  readonly kind: 'CATEGORICAL';
  /** A text where its input takes texts: that of nulls. */
  readonly missing?: number | string;
}

/**
 * A list of ids, filled up to `length` with `padding`. Or a bag: the ids of all rows one after the other, and where each row's
 * begin in `offsetsInput` (PyTorch's EmbeddingBag); its `length` is 1, the one slot that every row fills as often as it likes.
 */
export interface SequenceFeature extends Ids {
  readonly kind: 'SEQUENCE';
  readonly length: number;
  readonly padding: number;
  /** Where the model takes the true length: a slot of this input. */
  readonly lengthInput?: string;
  readonly lengthIndex?: number;
  readonly offsetsInput?: string;
  /** Whether the end of the last bag is an offset, too. */
  readonly includeLastOffset?: boolean;
}

/** A list of any length: the ids of all rows lie one after the other, and so do their entries, [elements, dimension]. */
export type BagFeature = SequenceFeature & { readonly offsetsInput: string };
export const isBag = (feature: FeatureBinding | undefined): feature is BagFeature =>
  feature?.kind === 'SEQUENCE' && feature.offsetsInput !== undefined;

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

/** Elements of a row of an input that a feature fills. */
export interface FilledSlots {
  readonly input: string;
  readonly index: number;
  readonly width: number;
}

export function slotsOf(feature: FeatureBinding): FilledSlots[] {
  const { input, index } = feature;
  const own = { input, index, width: widthOf(feature) };
  if (feature.kind !== 'SEQUENCE') return [own];
  const { lengthInput, lengthIndex = 0, offsetsInput } = feature;
  return [
    own,
    ...(lengthInput === undefined ? [] : [{ input: lengthInput, index: lengthIndex, width: 1 }]),
    ...(offsetsInput === undefined ? [] : [{ input: offsetsInput, index: 0, width: 1 }]),
  ];
}

/** Whether its values are taken or looked up by their texts; they are numbers otherwise. */
export const readsTexts = (feature: FeatureBinding, graph: Pick<ModelGraph, 'texts'>): boolean =>
  takesTexts(graph, feature.input) ||
  ('vocabulary' in feature && feature.vocabulary !== undefined) ||
  ('hash' in feature && feature.hash !== undefined);

/** What a client gets, and could register again: the vocabularies by the names of their files. */
export const publicManifest = ({ vocabularies: _, ...manifest }: Manifest): Omit<Manifest, 'vocabularies'> => manifest;
