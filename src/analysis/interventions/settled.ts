import type { Tensor } from '../../compute/tensor.ts';
import { numberTaker } from '../../data/batches/decode.ts';
import type { EncodedRow } from '../../data/batches/string-table.ts';
import type { NumericFeature } from '../../data/manifest/manifest.ts';
import { badUserInput, bindingMismatch } from '../../errors.ts';
import type { Subject } from '../analysis.ts';
import type { MomentsResult } from '../units/moments.ts';
import { layerOf } from '../units/units.ts';
import type {
  FeatureIntervention,
  Intervention,
  MeanPart,
  NumberIntervention,
  UnitsIntervention,
} from './intervention.ts';

/** An intervention as it is carried out: means are known, and every SHUFFLE has rows of its own to take values from. */
export type Settled = SettledUnits | SettledFeatures;

export interface SettledUnits {
  readonly layer: string;
  readonly units: readonly number[];
  readonly by: /** Of every unit of the layer. */
    | { readonly kind: 'VALUES'; readonly values: Float32Array }
    | { readonly kind: 'FACTOR'; readonly factor: number }
    | { readonly kind: 'OTHER_ROWS'; readonly other: number };
}

export interface SettledFeatures {
  readonly features: readonly number[];
  readonly by:
    | { readonly kind: 'ROW'; readonly row: EncodedRow }
    | { readonly kind: 'FACTOR'; readonly column: string; readonly factor: number }
    | { readonly kind: 'OTHER_ROWS'; readonly other: number };
}

export const isOfUnits = (one: Settled): one is SettledUnits => 'layer' in one;
export const isOfFeatures = (one: Settled): one is SettledFeatures => 'features' in one;

/** `means`: of `meanParts`. Throws BAD_USER_INPUT where there is no mean, BINDING_MISMATCH for one that an input cannot take. */
export function settled(
  interventions: readonly Intervention[],
  means: readonly MeanPart[],
  subject: Subject,
): readonly Settled[] {
  const mean = means.values();
  const nextMean = (): MeanPart => mean.next().value as MeanPart;
  let otherCount = 0;
  const nextOther = () => ({ kind: 'OTHER_ROWS', other: otherCount++ }) as const;
  return interventions.map((one) =>
    one.of === 'UNITS' ? unitsOf(one, subject, nextMean, nextOther) : featuresOf(one, subject, nextMean, nextOther),
  );
}

type NextOther = () => { readonly kind: 'OTHER_ROWS'; readonly other: number };

function unitsOf(
  one: UnitsIntervention,
  subject: Subject,
  nextMean: () => MeanPart,
  nextOther: NextOther,
): SettledUnits {
  const { units: count } = layerOf(one, subject);
  const { layer, units = Array.from({ length: count }, (_, unit) => unit) } = one;
  switch (one.mode) {
    case 'SET':
      return { layer, units, by: { kind: 'VALUES', values: new Float32Array(count).fill(one.value) } };
    case 'SCALE':
      return { layer, units, by: { kind: 'FACTOR', factor: one.value } };
    case 'MEAN':
      return { layer, units, by: { kind: 'VALUES', values: Float32Array.from((nextMean() as MomentsResult).mean) } };
    case 'SHUFFLE':
      return { layer, units, by: nextOther() };
  }
}

function featuresOf(
  one: FeatureIntervention,
  subject: Subject,
  nextMean: () => MeanPart,
  nextOther: NextOther,
): SettledFeatures {
  switch (one.mode) {
    case 'SET':
      return { features: [one.feature], by: { kind: 'ROW', row: one.row } };
    case 'SCALE':
      return { features: [one.feature], by: { kind: 'FACTOR', column: one.column, factor: one.value } };
    case 'MEAN':
      return { features: [one.feature], by: { kind: 'ROW', row: rowOfMean(one, nextMean() as number, subject) } };
    case 'SHUFFLE':
      return { features: one.features, by: nextOther() };
  }
}

function rowOfMean({ feature: at, column }: NumberIntervention, mean: number, subject: Subject): EncodedRow {
  const feature = numericAt(at, subject);
  if (Number.isNaN(mean))
    throw badUserInput(
      'rows',
      `The feature “${feature.name}” is null on all of these rows, so that there is no mean to set it to.`,
      { feature: feature.name, column },
    );
  const { input, index } = feature;
  const taken = numberTaker(feature, inputType(feature, subject))(mean);
  if (typeof taken === 'number') return { [input]: [...new Array<number>(index).fill(0), taken] };
  throw bindingMismatch(`The mean ${mean} of the feature “${feature.name}” (column “${column}”) is ${taken}.`, {
    feature: feature.name,
    column,
    value: String(mean),
  });
}

export const numericAt = (at: number, { features }: Subject): NumericFeature => features[at] as NumericFeature;

export const inputType = ({ input }: NumericFeature, { graph }: Subject): Tensor['dtype'] =>
  graph.inputs.find(({ name }) => name === input)?.dtype as Tensor['dtype'];
