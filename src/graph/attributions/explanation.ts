import { labelOf } from '../../plots/label.ts';
import { waterfallPlot } from '../../plots/waterfall.ts';
import { wholeBetween } from '../../questions/arguments.ts';
import {
  type AttributedFeature,
  baselineOfRow,
  type ExplanationOfRow,
  gapOfRow,
  largestFirst,
} from '../../questions/attributions/explanations.ts';
import { titleOf } from '../../questions/structure.ts';
import { builder } from '../builder/builder.ts';
import { firstUpTo, refusedEarly } from '../builder/early.ts';
import { Row } from '../datasets/dataset.ts';
import { Feature } from '../shared/references.ts';

const FeatureAttribution = builder.objectRef<AttributedFeature>('FeatureAttribution').implement({
  description: 'What a feature contributes on one row.',
  fields: (t) => ({
    feature: t.field({
      type: Feature,
      description: 'The feature that contributes.',
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
      description: 'The score of the model, whatever the target: a probability, unless its score is a VALUE.',
    }),
    target: t.exposeFloat('target', { description: 'What is explained: the logit unless said otherwise.' }),
    baselineValue: t.float({
      nullable: true,
      description: 'The target at the baseline, where the method has one.',
      resolve: baselineOfRow,
    }),
    attributions: t.field({
      type: [FeatureAttribution],
      description: 'One for each feature, in the manifest’s order; with `first`, the largest of them, largest first.',
      args: { first: t.arg.int({ description: 'The largest number of features, by the absolute attribution.' }) },
      extensions: refusedEarly(firstUpTo(10_000)),
      resolve: ({ attributions }, { first }) =>
        first == null
          ? [...attributions]
          : largestFirst(attributions).slice(0, wholeBetween('first', first, 0, 10_000)),
    }),
    convergenceDelta: t.float({
      nullable: true,
      description:
        'The gap sum(attributions) - (target - baselineValue), where the method is complete: 0 would be perfect.',
      resolve: gapOfRow,
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
          `Why ${titleOf(model)} takes row ${row.index} for what it does`,
        ),
    }),
  }),
});

/** Of a waterfall, where there is one. */
const startOf = (baseline: number | null, gap: number | null) =>
  baseline === null || gap === null || !Number.isFinite(baseline + gap) ? null : { baseline, gap };
