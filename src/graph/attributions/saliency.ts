import { saliencyPlot } from '../../plots/saliency.ts';
import { wholeBetween } from '../../questions/arguments.ts';
import { baselinesAmong } from '../../questions/attributions/baselines.ts';
import { finiteGaps } from '../../questions/attributions/convergence.ts';
import {
  baselineValueOf,
  featureSaliencies,
  groupSaliencies,
  type PlayerSaliency,
  type SaliencyOfModel,
  saliencyInterval,
  saliencyOf,
} from '../../questions/attributions/saliency.ts';
import { usualLevel } from '../../questions/intervals.ts';
import { type FeatureOfModel, featuresOf, titleOf } from '../../questions/structure.ts';
import { outputTarget } from '../../questions/targets.ts';
import type { ModelRow } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import { firstUpTo, refusedEarly } from '../builder/early.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { AttributionMethod, Direction } from '../shared/enums.ts';
import { Interval } from '../shared/interval.ts';
import { Provenance } from '../shared/provenance.ts';
import { Feature, FeatureGroup, Model, Neuron } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';
import { AttributionOptions } from './attribution-options.ts';
import { Convergence } from './convergence.ts';

/** A saliency, and what it is of in words, for the plot's title. */
interface NamedSaliency extends SaliencyOfModel {
  readonly what: string;
}
interface SaliencyOfPlayer extends PlayerSaliency {
  readonly model: ModelRow;
}

const withModel =
  (model: ModelRow) =>
  (player: PlayerSaliency): SaliencyOfPlayer => ({ model, ...player });

const FeatureSaliency = builder.objectRef<SaliencyOfPlayer>('FeatureSaliency').implement({
  description: 'How much a feature drives the target.',
  fields: (t) => ({
    feature: t.field({
      type: Feature,
      description: 'The feature that is meant.',
      resolve: ({ model, at }) => featuresOf(model)[at] as FeatureOfModel,
    }),
    rank: t.exposeInt('rank', { description: 'Place by score, from 1.' }),
    score: t.exposeFloat('score', {
      description:
        'Mean over rows of the L2 norm of the attribution over the feature’s carrier (for a scalar carrier, its absolute value).',
    }),
    share: t.exposeFloat('share', {
      nullable: true,
      description: 'The score over the sum of all features’ scores; null when that is zero.',
    }),
    mean: t.exposeFloat('mean', {
      description: 'Mean over rows of the attribution summed over the carrier, with its sign.',
    }),
    standardDeviation: t.exposeFloat('standardDeviation', {
      description: 'Standard deviation over rows of the attribution summed over the carrier.',
    }),
    scoreWhenPositive: t.exposeFloat('scoreWhenPositive', {
      nullable: true,
      description: 'The score over the rows with label 1.',
    }),
    scoreWhenNegative: t.exposeFloat('scoreWhenNegative', {
      nullable: true,
      description: 'The score over the rows with label 0.',
    }),
    interval: t.field({
      type: Interval,
      nullable: true,
      description: 'Confidence interval of `score`, from its standard error; null with one row.',
      args: { level: t.arg.float({ defaultValue: 0.95, description: 'The level of confidence, between 0 and 1.' }) },
      resolve: (player, { level }) => saliencyInterval(player, level ?? usualLevel),
    }),
  }),
});

const GroupSaliency = builder.objectRef<SaliencyOfPlayer>('GroupSaliency').implement({
  description: 'How much a group of features drives the target: the attribution of its features’ carriers together.',
  fields: (t) => ({
    group: t.field({
      type: FeatureGroup,
      description: 'The group of features.',
      resolve: ({ model, name }) => ({ model, group: name }),
    }),
    score: t.exposeFloat('score', { description: 'The same figure as that of a feature.' }),
    share: t.exposeFloat('share', {
      nullable: true,
      description: 'The score over the sum of all groups’ scores; null when that is zero.',
    }),
    mean: t.exposeFloat('mean', { description: 'The same figure as that of a feature.' }),
  }),
});

export const Saliency = builder.objectRef<NamedSaliency>('Saliency').implement({
  description: 'Attributions of every feature, aggregated over rows.',
  fields: (t) => ({
    method: t.field({
      type: AttributionMethod,
      description: 'The method that was asked for.',
      resolve: ({ method }) => method,
    }),
    rowCount: t.field({
      type: 'SafeInt',
      description: 'Number of rows read.',
      resolve: ({ answer }) => answer.value.rowCount,
    }),
    baselineValue: t.float({
      nullable: true,
      description: 'Mean target at the baseline, where the method has one.',
      resolve: baselineValueOf,
    }),
    convergence: t.field({
      type: Convergence,
      nullable: true,
      description: 'Completeness gap, sum(attributions) - (f(x) - f(baseline)), where the method is complete.',
      resolve: ({ answer: { value } }) => (value.completeness === undefined ? null : finiteGaps(value.completeness)),
    }),
    features: t.field({
      type: [FeatureSaliency],
      description: 'Features by score, largest first unless said otherwise; all of them unless `first` is given.',
      extensions: refusedEarly(firstUpTo(10_000)),
      args: {
        first: t.arg.int({ description: 'The largest number of features.' }),
        direction: t.arg({ type: Direction, defaultValue: 'DESC', description: 'The direction of the order.' }),
      },
      resolve: (of, { first, direction }) => {
        const largestFirst = featureSaliencies(of).map(withModel(of.model));
        const players = direction === 'ASC' ? largestFirst.reverse() : largestFirst;
        return first == null ? players : players.slice(0, wholeBetween('first', first, 0, 10_000));
      },
    }),
    groups: t.field({
      type: [GroupSaliency],
      description: 'Groups by score, largest first. A group’s attribution is that of its features’ carriers together.',
      resolve: (of) => groupSaliencies(of).map(withModel(of.model)),
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'A bar for each feature, with its interval.',
      resolve: (of) =>
        saliencyPlot(
          featureSaliencies(of).map((player) => {
            const { name, score } = player;
            const interval = saliencyInterval(player, usualLevel);
            return { name, score, low: interval?.low ?? null, high: interval?.high ?? null };
          }),
          of.what,
        ),
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ answer }) => answer.provenance,
    }),
    baselineProvenance: t.field({
      type: Provenance,
      nullable: true,
      description:
        'How the rows came to be that baselines are drawn from, with `baseline: { rows }`: how many, and whether they are a sample of those selected.',
      resolve: async ({ model, baselineRows }, _, context) =>
        baselineRows === undefined ? null : (await baselinesAmong(context, model, baselineRows)).provenance,
    }),
  }),
});

builder.objectField(Model, 'saliency', (t) =>
  t.field({
    type: Saliency,
    nullable: true,
    description: 'Which features drive the model, on average over rows. Gradients are exact.',
    args: {
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
      method: t.arg({ type: AttributionMethod, defaultValue: 'SALIENCY', description: 'How attributions are made.' }),
      options: t.arg({ type: AttributionOptions, description: 'Options of the method.' }),
      target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
    },
    resolve: async (model, { target, ...asked }, context) => ({
      ...(await saliencyOf(context, model, asked, outputTarget(model, target))),
      what: titleOf(model),
    }),
  }),
);

builder.objectField(Neuron, 'saliency', (t) =>
  t.field({
    type: Saliency,
    nullable: true,
    description: 'Which input features move this neuron: of its activation, summed over positions.',
    args: {
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
      method: t.arg({ type: AttributionMethod, defaultValue: 'SALIENCY', description: 'How attributions are made.' }),
      options: t.arg({ type: AttributionOptions, description: 'Options of the method.' }),
    },
    resolve: async ({ model, layer, unit }, asked, context) => ({
      ...(await saliencyOf(context, model, asked, { layer: layer.name, unit })),
      what: `neuron ${unit} of ${layer.name}`,
    }),
  }),
);
