import { driftPlot, type Shifted } from '../../plots/drift.ts';
import { wholeBetween } from '../../questions/arguments.ts';
import {
  covarianceSimilarityOf,
  type Drifted,
  type FeatureDrift as DriftOfFeature,
  type LayerDrift as DriftOfLayer,
  type NeuronDrift as DriftOfNeuron,
  drifted,
  driftedUnitsOf,
  featureDriftsOf,
  layerDriftsOf,
  maxPsiOf,
  meanPsiOf,
  neuronDriftsOf,
  saliencyNdcgOf,
  saliencyOfSide,
  saliencyRankCorrelationOf,
  saliencyShareOf,
  scoreDriftOf,
} from '../../questions/changes/drift.ts';
import { orNull } from '../../questions/or-null.ts';
import { evaluatedOrNull } from '../../questions/quality.ts';
import { titleOf } from '../../questions/structure.ts';
import { askAhead, type Questions } from '../builder/ahead.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { firstUpTo, refusedEarly } from '../builder/early.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { judgedByArguments } from '../quality/judged-by.ts';
import { Provenance } from '../shared/provenance.ts';
import { Drift, Feature, Layer, Model, Neuron } from '../shared/references.ts';
import { DistributionShift } from './shift.ts';

const FeatureDrift = builder.objectRef<DriftOfFeature>('FeatureDrift').implement({
  description:
    'How far a feature’s raw values, as they lie in the dataset, are from the reference’s; of lists, their elements.',
  fields: (t) => ({
    feature: t.field({ type: Feature, description: 'The feature that is compared.', resolve: (of) => of }),
    shift: t.field({
      type: DistributionShift,
      description: 'Shift of the raw values, exact, without missing ones.',
      resolve: ({ shift }) => shift,
    }),
    missingReference: t.float({
      description: 'Share of the reference’s rows that have no value: null or NaN.',
      resolve: ({ shift }) => shift.missingReference,
    }),
    missingCurrent: t.float({
      description: 'Share of the current rows that have no value: null or NaN.',
      resolve: ({ shift }) => shift.missingCurrent,
    }),
    unseen: t.float({
      nullable: true,
      description:
        'Share of the current rows, of lists of their elements, whose id the reference does not have; null for numbers.',
      resolve: ({ shift }) => orNull(shift.unseen),
    }),
    saliencyShareReference: t.float({
      nullable: true,
      description: 'The feature’s share of the saliency of all features on the reference.',
      resolve: (of, _, context) => saliencyShareOf(context, of, 'reference'),
    }),
    saliencyShareCurrent: t.float({
      nullable: true,
      description: 'The feature’s share of the saliency of all features on the current rows.',
      resolve: (of, _, context) => saliencyShareOf(context, of, 'current'),
    }),
  }),
});

const featureQuestions: Questions<Drifted> = {
  saliencyShareReference: (of, _, context) => saliencyOfSide(context, of, 'reference'),
  saliencyShareCurrent: (of, _, context) => saliencyOfSide(context, of, 'current'),
};

const LayerDrift = builder.objectRef<DriftOfLayer>('LayerDrift').implement({
  description: 'How far the units of a layer lie from what they were on the reference.',
  fields: (t) => ({
    layer: t.field({ type: Layer, description: 'The layer that is compared.', resolve: (of) => of }),
    meanPsi: t.float({ description: 'Mean of the units’ PSI.', resolve: meanPsiOf }),
    maxPsi: t.float({ description: 'Largest PSI of a unit.', resolve: maxPsiOf }),
    driftedUnits: t.int({ description: 'Units with a PSI above 0.25.', resolve: driftedUnitsOf }),
    covarianceSimilarity: t.float({
      nullable: true,
      description:
        'Cosine between the two covariance matrices of the units: 1 where units go together as they did, whatever their scale; null where nothing varies on one side.',
      resolve: (of, _, context) => covarianceSimilarityOf(context, of),
    }),
  }),
});

const layerDriftQuestions: Questions<Drifted> = {
  covarianceSimilarity: (of, _, context) =>
    Promise.all(of.model.graph.layers.map((layer) => covarianceSimilarityOf(context, { of, layer }))),
};

const NeuronDrift = builder.objectRef<DriftOfNeuron>('NeuronDrift').implement({
  description: 'How far a neuron lies from what it was on the reference.',
  fields: (t) => ({
    neuron: t.field({ type: Neuron, description: 'The neuron that is meant.', resolve: (of) => of }),
    shift: t.field({
      type: DistributionShift,
      description: 'Shift over observations, from a sketch of the values: within 0.01 of the exact figures.',
      resolve: ({ shift }) => shift,
    }),
    meanChange: t.exposeFloat('meanChange', { description: 'Mean on the current rows minus that on the reference.' }),
    standardDeviationRatio: t.float({
      nullable: true,
      description: 'Standard deviation on the current rows over that on the reference; null over zero.',
      resolve: ({ standardDeviationRatio }) => orNull(standardDeviationRatio),
    }),
  }),
});

async function aucOf(of: Drifted, side: 'current' | 'reference', context: Context): Promise<number | null> {
  return orNull((await evaluatedOrNull(context, of.judged[side]))?.answer.value.auc);
}

builder.objectType(Drift, {
  description: 'What has changed about a model from the reference’s rows to the current ones.',
  fields: (t) => ({
    score: t.field({
      type: DistributionShift,
      description: 'Shift of the scores; exact.',
      resolve: async (of, _, context) => (await scoreDriftOf(context, of)).value,
    }),
    aucReference: t.float({
      nullable: true,
      description: 'AUC on the reference; null without labels, with a single class, and for a VALUE.',
      resolve: (of, _, context) => aucOf(of, 'reference', context),
    }),
    aucCurrent: t.float({
      nullable: true,
      description: 'AUC on the current rows; null without labels, with a single class, and for a VALUE.',
      resolve: (of, _, context) => aucOf(of, 'current', context),
    }),
    features: t.field({
      type: [FeatureDrift],
      description: 'Drift of the features’ raw values, by PSI, largest first.',
      resolve(of, _, context, info) {
        askAhead(featureQuestions, of, context, info);
        return featureDriftsOf(context, of);
      },
    }),
    layers: t.field({
      type: [LayerDrift],
      description: 'Drift of every layer, in topological order.',
      resolve(of, _, context, info) {
        askAhead(layerDriftQuestions, of, context, info);
        return layerDriftsOf(context, of);
      },
    }),
    neurons: t.field({
      type: [NeuronDrift],
      description: 'Drift of the neurons of all layers, by PSI, largest first.',
      args: { first: t.arg.int({ defaultValue: 50, description: 'The largest number of neurons, up to 10,000.' }) },
      extensions: refusedEarly(firstUpTo(10_000)),
      resolve: async (of, { first }, context) =>
        neuronDriftsOf(await layerDriftsOf(context, of)).slice(0, wholeBetween('first', first ?? 50, 0, 10_000)),
    }),
    saliencyRankCorrelation: t.float({
      nullable: true,
      description:
        'Spearman correlation of the features’ saliency scores on the two selections; null with fewer than two features.',
      resolve: (of, _, context) => saliencyRankCorrelationOf(context, of),
    }),
    saliencyNdcg: t.float({
      nullable: true,
      description:
        'The nDCG of the features’ order by saliency on the current rows, with the reference’s scores as gains: 1 where the order is the same.',
      resolve: (of, _, context) => saliencyNdcgOf(context, of),
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How the shift of the scores came to be; rows are the current ones.',
      resolve: async (of, _, context) => (await scoreDriftOf(context, of)).provenance,
    }),
  }),
});

builder.objectField(Drift, 'plot', (t) =>
  t.field({
    type: 'VegaLite',
    nullable: true,
    description: 'PSI of the score, and of the 20 features and neurons that have drifted most, worst first.',
    async resolve(of, _, context) {
      const [score, features, layers] = await Promise.all([
        scoreDriftOf(context, of),
        featureDriftsOf(context, of),
        layerDriftsOf(context, of),
      ]);
      const shifts: Shifted[] = [
        { kind: 'score', name: 'score', psi: score.value.psi },
        ...features.map(({ feature, shift }): Shifted => ({ kind: 'feature', name: feature.name, psi: shift.psi })),
        ...neuronDriftsOf(layers).map(
          ({ layer, unit, shift }): Shifted => ({ kind: 'neuron', name: `${layer.name} ${unit}`, psi: shift.psi }),
        ),
      ];
      return driftPlot(shifts, titleOf(of.model));
    },
  }),
);

builder.objectField(Model, 'drift', (t) =>
  t.field({
    type: Drift,
    nullable: true,
    description:
      'What has changed from one selection of rows to another: scores, raw values of features, neurons, and what drives the model.',
    args: {
      reference: t.arg({ type: RowsInput, required: true, description: 'Rows as they were, e.g. those of training.' }),
      current: t.arg({
        type: RowsInput,
        required: true,
        description:
          'Rows as they are: of the same dataset, another version of it, or another one with the same columns.',
      }),
      ...judgedByArguments(t.arg),
    },
    resolve: (model, { reference, current, target, label }, context) =>
      drifted(context, { model, reference, current }, { target, label }),
  }),
);
