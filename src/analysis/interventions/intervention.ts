import type { EncodedRow } from '../../data/batches/string-table.ts';
import type { RowColumn } from '../../data/types.ts';
import { columnMean } from '../columns/mean.ts';
import { type PartQuestion, part } from '../question.ts';
import { type MomentsResult, moments } from '../units/moments.ts';
import type { LayerSpec } from '../units/units.ts';

/**
 * Something of a model that is no more as it was while its rows are run. All of a list holds at once; features come before neurons, and both
 * in the model's order, so that equal lists are one specification.
 */
export type Intervention = UnitsIntervention | FeatureIntervention;

interface OfUnits extends LayerSpec {
  readonly of: 'UNITS';
  /** Ascending; all of the layer's when undefined. */
  readonly units?: readonly number[];
}

/** Outputs of neurons, at all of their positions. */
export type UnitsIntervention =
  | (OfUnits & { readonly mode: 'SET' | 'SCALE'; readonly value: number })
  /** MEAN: over the same rows, of the model as it is. SHUFFLE: what the model as it is gives on another of the rows. */
  | (OfUnits & { readonly mode: 'MEAN' | 'SHUFFLE' });

/** Values of features, by their positions in the list of features. */
export type FeatureIntervention =
  | { readonly of: 'FEATURE'; readonly feature: number; readonly mode: 'SET'; readonly row: EncodedRow }
  | NumberIntervention
  /** All of them have their values of one other row. */
  | { readonly of: 'FEATURES'; readonly features: readonly number[]; readonly mode: 'SHUFFLE' };

/** Of a number, before its transforms. SCALE: null stays null. */
export type NumberIntervention =
  | (OfNumber & { readonly mode: 'SCALE'; readonly value: number })
  | (OfNumber & { readonly mode: 'MEAN' });

interface OfNumber {
  readonly of: 'FEATURE';
  readonly feature: number;
  readonly column: string;
}

/** What a mean is taken from: what units do, or the mean of a column. */
export type MeanPart = MomentsResult | number;

/** For every intervention by a mean, in their order, the question that knows it. */
export const meanParts = (interventions: readonly Intervention[] = []): readonly PartQuestion<MeanPart>[] =>
  interventions.flatMap((one): PartQuestion<MeanPart>[] => {
    if (one.mode !== 'MEAN') return [];
    return [one.of === 'UNITS' ? part(moments, { layer: one.layer }) : part(columnMean, { column: one.column })];
  });

/** Raw numbers that are wanted with every row. */
export const scaledColumns = (interventions: readonly Intervention[] = []): readonly RowColumn[] =>
  interventions.flatMap((one) => (one.of === 'FEATURE' && one.mode === 'SCALE' ? [{ column: one.column }] : []));
