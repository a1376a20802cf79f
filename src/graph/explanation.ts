import type { ExplanationsResult } from '../analysis/explanations.ts';
import type { DatasetRow } from '../data/page.ts';
import { labelOf } from '../plots/label.ts';
import { waterfallPlot } from '../plots/waterfall.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';
import { firstUpTo, wholeBetween } from './column-argument.ts';
import { Row } from './dataset.ts';
import { refusedEarly } from './early.ts';
import { notFinite } from './not-finite.ts';
import { Feature, type FeatureOfModel } from './references.ts';

interface Attributed extends FeatureOfModel {
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
  readonly attributions: readonly Attributed[];
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

const largestFirst = (attributions: readonly Attributed[]): Attributed[] =>
  attributions.toSorted((a, b) => Math.abs(b.attribution) - Math.abs(a.attribution));

const FeatureAttribution = builder.objectRef<Attributed>('FeatureAttribution').implement({
  description:
    'What a feature contributes on one row. attribution: summed over the carrier, with its sign. magnitude: its L2 norm over the carrier.',
  fields: (t) => ({
    feature: t.field({
      type: Feature,
      description: 'The feature.',
      resolve: ({ model, feature }) => ({ model, feature }),
    }),
    value: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Its raw value on this row, as in the dataset; null where it has none.',
      resolve: ({ value }) => value,
    }),
    attribution: t.exposeFloat('attribution', {
      description: 'Summed over the carrier, with its sign: how far it moves the target.',
    }),
    magnitude: t.exposeFloat('magnitude', { description: 'Its L2 norm over the carrier; never negative.' }),
  }),
});

export const Explanation = builder.objectRef<ExplanationOfRow>('Explanation').implement({
  description: 'One row explained: what each feature contributes to the target.',
  fields: (t) => ({
    row: t.field({ type: Row, description: 'The row, with its values.', resolve: ({ row }) => row }),
    score: t.exposeFloat('score', {
      description: 'Of the model, whatever the target: a probability, unless its score is a VALUE.',
    }),
    target: t.exposeFloat('target', { description: 'What is explained: the logit unless said otherwise.' }),
    baselineValue: t.float({
      nullable: true,
      description: 'The target at the baseline, where the method has one.',
      resolve: ({ row, baselineValue }) => finite('The target at the baseline', row, baselineValue),
    }),
    attributions: t.field({
      type: [FeatureAttribution],
      description: 'One for each feature, in the manifest’s order; with `first`, the largest of them, largest first.',
      args: { first: t.arg.int({ description: 'At most so many, by the absolute attribution.' }) },
      extensions: refusedEarly(firstUpTo(10_000)),
      resolve: ({ attributions }, { first }) =>
        first == null
          ? [...attributions]
          : largestFirst(attributions).slice(0, wholeBetween('first', first, 0, 10_000)),
    }),
    convergenceDelta: t.float({
      nullable: true,
      description: 'sum(attributions) - (target - baselineValue), where the method is complete: 0 would be perfect.',
      resolve: ({ row, gap }) => finite('The gap to what the target differs by from the baseline', row, gap),
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description:
        'The contributions as a waterfall from the baseline to the target, or as bars where there is no such way.',
      resolve: ({ model, row, target, baselineValue, gap, attributions }) =>
        waterfallPlot(
          {
            start: startOf(baselineValue, gap),
            target,
            contributions: attributions.map(({ feature, value, attribution }) => ({
              name: `${feature.name} = ${labelOf(value)}`,
              attribution,
            })),
          },
          `Why ${model.name} ${model.version} takes row ${row.index} for what it does`,
        ),
    }),
  }),
});

/** Throws ANALYSIS_FAILED where it is no number. */
function finite(figure: string, { index }: DatasetRow, value: number | null): number | null {
  if (value === null || Number.isFinite(value)) return value;
  throw notFinite(figure, index);
}

/** Of a waterfall, where there is one. */
const startOf = (baseline: number | null, gap: number | null) =>
  baseline === null || gap === null || !Number.isFinite(baseline + gap) ? null : { baseline, gap };
