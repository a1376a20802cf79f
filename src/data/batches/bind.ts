import { type ModelGraph, takesTexts } from '../../compute/graph.ts';
import { elementCount, type Tensor } from '../../compute/tensor.ts';
import { bindingMismatch } from '../../errors.ts';
import { suggestionFor } from '../../similar.ts';
import { classOf, elementType, isNumeric, isScalar } from '../columns/type.ts';
import { type FeatureBinding, isBag, type Manifest, readsTexts } from '../manifest/manifest.ts';
import { assertOwnIds } from '../manifest/own-ids.ts';
import { filledDims } from '../manifest/slots.ts';
import type { Vocabularies } from '../manifest/vocabulary.ts';
import type { DatasetRecord } from '../types.ts';
import type { BoundBag } from './bags.ts';

/** A model's inputs and the features that fill them, ready for the rows of one dataset. */
export interface BoundInputs {
  readonly inputs: readonly BoundInput[];
  /** In the manifest's order. */
  readonly features: readonly BoundFeature[];
}

export interface BoundInput {
  readonly name: string;
  readonly dtype: Tensor['dtype'];
  /** Shape of one row. */
  readonly rowDims: readonly number[];
  /** Elements of one row. */
  readonly width: number;
  /** Whether its whole numbers stand for texts. */
  readonly isText: boolean;
}

export interface BoundFeature {
  readonly feature: FeatureBinding;
  /** Position in `inputs`. */
  readonly input: number;
  /** Position in `inputs` of the one that takes its length. */
  readonly lengthInput: number | undefined;
  /** Set when a row has any number of ids. */
  readonly bag: BoundBag | undefined;
  readonly columnType: string;
  /** Whether its values are taken by their texts. */
  readonly readsTexts: boolean;
  /** Set when values are looked up by their text. */
  readonly vocabulary: ReadonlyMap<string, number> | undefined;
  /** Ids are below it; unknown when undefined. */
  readonly cardinality: number | undefined;
}

/**
 * `cardinality`: by feature name, the number of entries of the smallest table that its ids are looked up in.
 * Throws BINDING_MISMATCH naming feature and column.
 */
export function bind(
  graph: Pick<ModelGraph, 'inputs' | 'texts'>,
  manifest: Manifest,
  vocabularies: Vocabularies,
  dataset: DatasetRecord,
  cardinality: Readonly<Record<string, number>> = {},
): BoundInputs {
  const inputs = graph.inputs.map(({ name, dtype, shape }): BoundInput => {
    const dims = filledDims({ name, shape }, manifest.features);
    return {
      name,
      dtype: dtype as Tensor['dtype'],
      rowDims: dims,
      width: elementCount(dims),
      isText: takesTexts(graph, name),
    };
  });
  const features = manifest.features.map((feature): BoundFeature => {
    const isText = readsTexts(feature, graph);
    const columnType = typeOfColumn(feature, isText, dataset);
    const placeOf = (input: string): number => inputs.findIndex(({ name }) => name === input);
    const bound = {
      feature,
      input: placeOf(feature.input),
      lengthInput:
        feature.kind === 'SEQUENCE' && feature.lengthInput !== undefined ? placeOf(feature.lengthInput) : undefined,
      bag: bagOf(feature, inputs),
      columnType,
      readsTexts: isText,
      vocabulary: 'vocabulary' in feature ? vocabularies[feature.vocabulary as string] : undefined,
      cardinality: cardinality[feature.name],
    };
    assertOwnIds(feature, bound.vocabulary?.size ?? 0, bound.cardinality ?? Number.MAX_SAFE_INTEGER);
    return bound;
  });
  return { inputs, features };
}

function bagOf(feature: FeatureBinding, inputs: readonly BoundInput[]): BoundBag | undefined {
  if (!isBag(feature)) return undefined;
  const { input, offsetsInput, includeLastOffset = false } = feature;
  const named = (name: string) => inputs.find((one) => one.name === name) as BoundInput;
  return { ids: named(input), offsets: named(offsetsInput), includeLastOffset };
}

/** Inputs of the model that another one is compared with, in the batches of both. */
const basePrefix = 'base/';

const ofBase = <Input extends { readonly name: string }>(input: Input): Input => ({
  ...input,
  name: `${basePrefix}${input.name}`,
});

/** Rows for two models at once: both take a row, or neither does. */
export const boundTogether = (own: BoundInputs, base: BoundInputs): BoundInputs => ({
  inputs: [...own.inputs, ...base.inputs.map(ofBase)],
  features: [
    ...own.features,
    ...base.features.map(({ input, lengthInput, bag, ...feature }) => ({
      ...feature,
      input: own.inputs.length + input,
      lengthInput: lengthInput === undefined ? undefined : own.inputs.length + lengthInput,
      bag: bag && { ...bag, ids: ofBase(bag.ids), offsets: ofBase(bag.offsets) },
    })),
  ],
});

/** Of the inputs of both models, those of the base by its own names. */
export const inputsOfBase = (inputs: Readonly<Record<string, Tensor>>): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(
    Object.entries(inputs).flatMap(([name, tensor]) =>
      name.startsWith(basePrefix) ? [[name.slice(basePrefix.length), tensor]] : [],
    ),
  );

function typeOfColumn(feature: FeatureBinding, isText: boolean, { columns }: DatasetRecord): string {
  const { name, column } = feature;
  const found = columns.find((other) => other.name === column);
  if (found === undefined) {
    const names = columns.map((other) => other.name);
    const { words, data } = suggestionFor(column, names);
    throw bindingMismatch(
      `The feature “${name}” reads the column “${column}”, which the dataset does not have.${words}`,
      { feature: name, column, ...data },
    );
  }
  const wanted = mismatch(feature, isText, found.type);
  if (wanted === undefined) return found.type;
  throw bindingMismatch(
    `The feature “${name}” is ${feature.kind} and its column “${column}” is ${found.type}; it must be ${wanted}.`,
    { feature: name, column, type: found.type },
  );
}

/** What the column would have to be, if it does not fit. */
function mismatch(feature: FeatureBinding, isText: boolean, type: string): string | undefined {
  const isList = classOf(type) === 'LIST';
  const element = elementType(type);
  switch (feature.kind) {
    case 'NUMERIC':
      return isNumeric(type) ? undefined : 'a number or a boolean';
    case 'EMBEDDING':
      return isList && isNumeric(element) ? undefined : 'a list of numbers';
    case 'CATEGORICAL':
      if (isText) return isScalar(type) ? undefined : 'a single value';
      return isNumeric(type) ? undefined : 'a number, or the feature needs a vocabulary or a hash';
    case 'SEQUENCE':
      if (isText) return isList && isScalar(element) ? undefined : 'a list of single values';
      return isList && isNumeric(element)
        ? undefined
        : 'a list of numbers, or the feature needs a vocabulary or a hash';
  }
}
