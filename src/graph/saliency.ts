import { type AttributionResult, attribution } from '../analysis/attribution.ts';
import { type Player, playersOf } from '../analysis/players.ts';
import type { Target } from '../analysis/target.ts';
import { saliencyPlot } from '../plots/saliency.ts';
import { ask, type RowsArgument } from '../questions/ask.ts';
import type { ModelRow } from '../store/models.ts';
import { type AskedMethod, AttributionOptions, attributionSpec } from './attribution-options.ts';
import { baselineRowsOf, baselinesAmong, baselinesOf } from './baselines.ts';
import { builder } from './builder.ts';
import { firstUpTo, wholeBetween } from './column-argument.ts';
import type { Context } from './context.ts';
import { Convergence, finiteGaps } from './convergence.ts';
import { refusedEarly } from './early.ts';
import { AttributionMethod, Direction } from './enums.ts';
import { Interval, normalMargin } from './interval.ts';
import { notFinite } from './not-finite.ts';
import { orNull } from './number.ts';
import { Provenance } from './provenance.ts';
import { Feature, FeatureGroup, Model, Neuron, type SaliencyOfModel } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { outputTarget, TargetInput } from './target.ts';

interface Asked extends AskedMethod {
  readonly rows: RowsArgument;
}

async function saliencyOf(
  model: ModelRow,
  asked: Asked,
  target: Target,
  what: string,
  context: Context,
): Promise<SaliencyOfModel> {
  const spec = await attributionSpec(model, asked, 'SALIENCY', target, context);
  const answer = await ask(context, attribution, spec, { model, rows: asked.rows, others: baselinesOf(model, asked) });
  assertFinite(answer.value, model, 0, model.manifest.features.length);
  return { model, method: spec.method, what, answer, baselineRows: baselineRowsOf(model, asked) };
}

/** Of the players in a range. Throws ANALYSIS_FAILED where an attribution is not finite on some row: no mean over rows exists. */
function assertFinite(
  { score, mean, standardDeviation, notFinite: first }: AttributionResult,
  { manifest: { features } }: ModelRow,
  from: number,
  to: number,
): void {
  const isFirst = first !== null && first.column >= from && first.column < to;
  const isBad = (at: number): boolean =>
    !Number.isFinite((score[at] as number) + (mean[at] as number) + (standardDeviation[at] as number));
  const bad = isFirst ? first.column : Array.from({ length: to - from }, (_, at) => from + at).find(isBad);
  if (bad === undefined) return;
  const { name } = playersOf({ features })[bad] as Player;
  const kind = bad < features.length ? 'feature' : 'group';
  throw notFinite(`The attribution of the ${kind} “${name}”`, isFirst ? first.row : undefined, { [kind]: name });
}

interface OnePlayer {
  readonly of: SaliencyOfModel;
  /** Position among the players. */
  readonly at: number;
  readonly rank: number;
  readonly share: number;
}

/** Of the players in a range, by score, largest first, ties in the manifest's order. */
function ranked(of: SaliencyOfModel, from: number, to: number): OnePlayer[] {
  const score = (at: number): number => of.answer.value.score[at] as number;
  const positions = Array.from({ length: to - from }, (_, at) => from + at);
  const total = positions.reduce((sum, at) => sum + score(at), 0);
  return positions
    .sort((a, b) => score(b) - score(a) || a - b)
    .map((at, place) => ({ of, at, rank: place + 1, share: score(at) / total }));
}

const featuresOf = (of: SaliencyOfModel): OnePlayer[] => ranked(of, 0, of.model.manifest.features.length);
const figure = ({ of, at }: OnePlayer, name: 'score' | 'mean' | 'standardDeviation'): number =>
  of.answer.value[name][at] as number;

/** Normal, from the standard error of the mean; null with one row. */
function intervalOf({ of, at }: OnePlayer, level: number) {
  const { rowCount, score, scoreDeviation } = of.answer.value;
  const margin = normalMargin((scoreDeviation[at] as number) / Math.sqrt(rowCount - 1), level);
  if (rowCount < 2) return null;
  return { low: Math.max(0, (score[at] as number) - margin), high: (score[at] as number) + margin, level };
}

const FeatureSaliency = builder.objectRef<OnePlayer>('FeatureSaliency').implement({
  description: 'How much a feature drives the target.',
  fields: (t) => ({
    feature: t.field({
      type: Feature,
      description: 'The feature.',
      resolve: ({ of: { model }, at }) => ({
        model,
        feature: model.manifest.features[at] as (typeof model.manifest.features)[number],
      }),
    }),
    rank: t.exposeInt('rank', { description: 'From 1.' }),
    score: t.float({
      description:
        'Mean over rows of the L2 norm of the attribution over the feature’s carrier (for a scalar carrier, its absolute value).',
      resolve: (player) => figure(player, 'score'),
    }),
    share: t.float({
      nullable: true,
      description: 'score over the sum of all features’ scores; null when that is zero.',
      resolve: ({ share }) => orNull(share),
    }),
    mean: t.float({
      description: 'Mean over rows of the attribution summed over the carrier, with its sign.',
      resolve: (player) => figure(player, 'mean'),
    }),
    standardDeviation: t.float({
      description: 'Over rows, of the attribution summed over the carrier.',
      resolve: (player) => figure(player, 'standardDeviation'),
    }),
    scoreWhenPositive: t.float({
      nullable: true,
      description: 'score over the rows with label 1.',
      resolve: ({ of, at }) => orNull(of.answer.value.scoreWhenPositive[at]),
    }),
    scoreWhenNegative: t.float({
      nullable: true,
      description: 'score over the rows with label 0.',
      resolve: ({ of, at }) => orNull(of.answer.value.scoreWhenNegative[at]),
    }),
    interval: t.field({
      type: Interval,
      nullable: true,
      description: 'Of `score`, from its standard error; null with one row.',
      args: { level: t.arg.float({ defaultValue: 0.95, description: 'Of confidence.' }) },
      resolve: (player, { level }) => intervalOf(player, level ?? 0.95),
    }),
  }),
});

const GroupSaliency = builder.objectRef<OnePlayer>('GroupSaliency').implement({
  description: 'How much a group of features drives the target: the attribution of its features’ carriers together.',
  fields: (t) => ({
    group: t.field({
      type: FeatureGroup,
      description: 'The group.',
      resolve: ({ of: { model }, at }) => {
        const players = playersOf({ features: model.manifest.features });
        return { model, group: players[at]?.name as string };
      },
    }),
    score: t.float({ description: 'As of a feature.', resolve: (player) => figure(player, 'score') }),
    share: t.float({
      nullable: true,
      description: 'score over the sum of all groups’ scores; null when that is zero.',
      resolve: ({ share }) => orNull(share),
    }),
    mean: t.float({ description: 'As of a feature.', resolve: (player) => figure(player, 'mean') }),
  }),
});

/** Throws ANALYSIS_FAILED where it is infinite or NaN on some row. */
function baselineValueOf({ baselineValue }: AttributionResult): number | null {
  if (baselineValue === undefined || Number.isFinite(baselineValue)) return baselineValue ?? null;
  throw notFinite('The target at the baseline', undefined);
}

const Saliency = builder.objectRef<SaliencyOfModel>('Saliency').implement({
  description: 'Attributions of every feature, aggregated over rows.',
  fields: (t) => ({
    method: t.field({ type: AttributionMethod, description: 'As asked.', resolve: ({ method }) => method }),
    rowCount: t.field({ type: 'SafeInt', description: 'Rows read.', resolve: ({ answer }) => answer.value.rowCount }),
    baselineValue: t.float({
      nullable: true,
      description: 'Mean target at the baseline, where the method has one.',
      resolve: ({ answer }) => baselineValueOf(answer.value),
    }),
    convergence: t.field({
      type: Convergence,
      nullable: true,
      description: 'Completeness gap, sum(attributions) - (f(x) - f(baseline)), where the method is complete.',
      resolve: ({ answer: { value } }) => (value.completeness === undefined ? null : finiteGaps(value.completeness)),
    }),
    features: t.field({
      type: [FeatureSaliency],
      description: 'By score, largest first unless said otherwise; all of them unless `first` is given.',
      extensions: refusedEarly(firstUpTo(10_000)),
      args: {
        first: t.arg.int({ description: 'At most so many.' }),
        direction: t.arg({ type: Direction, defaultValue: 'DESC', description: 'Of the order.' }),
      },
      resolve: (of, { first, direction }) => {
        const players = direction === 'ASC' ? featuresOf(of).reverse() : featuresOf(of);
        return first == null ? players : players.slice(0, wholeBetween('first', first, 0, 10_000));
      },
    }),
    groups: t.field({
      type: [GroupSaliency],
      description: 'By score, largest first. A group’s attribution is that of its features’ carriers together.',
      resolve: (of) => {
        const [from, to] = [of.model.manifest.features.length, of.answer.value.score.length];
        assertFinite(of.answer.value, of.model, from, to);
        return ranked(of, from, to);
      },
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'Bars by feature, with intervals.',
      resolve: (of) =>
        saliencyPlot(
          featuresOf(of).map((player) => {
            const interval = intervalOf(player, 0.95);
            const name = of.model.manifest.features[player.at]?.name as string;
            return { name, score: figure(player, 'score'), low: interval?.low ?? null, high: interval?.high ?? null };
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
        'Of the rows that baselines are drawn from, with `baseline: { rows }`: how many, and whether they are a sample of those selected.',
      resolve: async ({ model, baselineRows }, _, context) =>
        baselineRows === undefined ? null : (await baselinesAmong(model, baselineRows, context)).provenance,
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
      options: t.arg({ type: AttributionOptions, description: 'Of the method.' }),
      target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
    },
    resolve: (model, { target, ...asked }, context) =>
      saliencyOf(model, asked, outputTarget(model, target), `${model.name} ${model.version}`, context),
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
      options: t.arg({ type: AttributionOptions, description: 'Of the method.' }),
    },
    resolve: ({ model, layer, unit }, asked, context) =>
      saliencyOf(model, asked, { layer: layer.name, unit }, `neuron ${unit} of ${layer.name}`, context),
  }),
);
