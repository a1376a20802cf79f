import type { ExplanationsResult } from '../../analysis/explanations.ts';
import type { DatasetRow } from '../../data/page.ts';
import type { ModelRow } from '../../store/models.ts';
import { notFinite } from '../not-finite.ts';
import type { FeatureOfModel } from '../structure.ts';

/** What a feature contributes on a row: summed over its carriers, and its L2 norm over them. */
export interface AttributedFeature extends FeatureOfModel {
  readonly value: unknown;
  readonly attribution: number;
  readonly magnitude: number;
}

/** One row of a result. */
export interface ExplanationOfRow {
  readonly model: ModelRow;
  readonly row: DatasetRow;
  readonly score: number;
  readonly target: number;
  /** Null where the method has none; it may be infinite or NaN. */
  readonly baselineValue: number | null;
  readonly gap: number | null;
  /** In the manifest's order. */
  readonly attributions: readonly AttributedFeature[];
}

/**
 * `rows`: of the result, in its order. `rawValue`: the raw value of a feature on a row. Throws ANALYSIS_FAILED naming the row
 * where something is infinite or NaN.
 */
export function explanationsFrom(
  model: ModelRow,
  result: ExplanationsResult,
  rows: readonly DatasetRow[],
  rawValue: (row: DatasetRow, feature: FeatureOfModel['feature']) => unknown,
): ExplanationOfRow[] {
  const { features } = model.manifest;
  return rows.map((row, at) => {
    const figures = { score: result.score[at] as number, target: result.target[at] as number };
    const attributions = features.map((feature, position) => ({
      model,
      feature,
      value: rawValue(row, feature) ?? null,
      attribution: result.attribution[at * features.length + position] as number,
      magnitude: result.magnitude[at * features.length + position] as number,
    }));
    const bad = attributions.find(({ attribution, magnitude }) => !Number.isFinite(attribution + magnitude));
    if (bad !== undefined || !Number.isFinite(figures.score + figures.target))
      throw bad === undefined
        ? notFinite('The target or the score', row.index)
        : notFinite(`The attribution of the feature “${bad.feature.name}”`, row.index, { feature: bad.feature.name });
    return {
      model,
      row,
      ...figures,
      baselineValue: result.baseline?.[at] ?? null,
      gap: result.gap?.[at] ?? null,
      attributions,
    };
  });
}

/** By their absolute value. */
export const largestFirst = (attributions: readonly AttributedFeature[]): AttributedFeature[] =>
  attributions.toSorted((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution));

/** The target at the baseline; null where the method has none. Throws ANALYSIS_FAILED where it is no number. */
export const baselineOfRow = ({ row, baselineValue }: ExplanationOfRow): number | null =>
  finite('The target at the baseline', row, baselineValue);

/** sum(attributions) − (target − baselineValue); null where the method is not complete. Throws ANALYSIS_FAILED where it is no number. */
export const gapOfRow = ({ row, gap }: ExplanationOfRow): number | null =>
  finite('The gap to what the target differs by from the baseline', row, gap);

function finite(figure: string, { index }: DatasetRow, value: number | null): number | null {
  if (value === null || Number.isFinite(value)) return value;
  throw notFinite(figure, index);
}
