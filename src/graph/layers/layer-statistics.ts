import { correlationPlot, layerPlot } from '../../plots/layer.ts';
import { wholeBetween } from '../../questions/arguments.ts';
import {
  type Correlations,
  deadUnits,
  pooledDeviation,
  pooledMean,
  pooledZeroFraction,
  saturatedUnits,
  strongestCorrelations,
} from '../../questions/layers/layer-figures.ts';
import { covarianceOf, effectiveRankOf, extremesOf, type MomentsOfLayer } from '../../questions/layers/layers.ts';
import { builder } from '../builder/builder.ts';
import { Provenance } from '../shared/provenance.ts';
import { Layer } from '../shared/references.ts';
import { NeuronColumns } from './neuron-columns.ts';

const CorrelationMatrix = builder.objectRef<Correlations>('CorrelationMatrix').implement({
  description: 'How units go together.',
  fields: (t) => ({
    units: t.exposeIntList('units', { description: 'The units that are compared, in order.' }),
    values: t.field({
      type: t.listRef(t.listRef('Float', { nullable: true })),
      description: 'A row for each unit; null where one is constant.',
      resolve: ({ values }) => values,
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'A heat map of the matrix.',
      resolve: ({ units, values }) => correlationPlot(units, values),
    }),
  }),
});

export const LayerStatistics = builder.objectRef<MomentsOfLayer>('LayerStatistics').implement({
  description:
    'Statistics over observations: rows, times positions where the layer’s output has positions (sequence, image).',
  fields: (t) => ({
    layer: t.field({
      type: Layer,
      description: 'The layer itself.',
      resolve: ({ model, layer }) => ({ model, layer }),
    }),
    observationCount: t.field({
      type: 'SafeInt',
      description: 'Rows, times positions; the elements of lists on a layer that has these for rows.',
      resolve: ({ moments }) => moments.observationCount,
    }),
    mean: t.float({
      description: 'Mean activation over all units and observations.',
      resolve: ({ moments }) => pooledMean(moments),
    }),
    standardDeviation: t.float({
      description: 'Standard deviation over all units and observations.',
      resolve: ({ moments }) => pooledDeviation(moments),
    }),
    zeroFraction: t.float({
      description: 'Share of all activations that are exactly zero.',
      resolve: async (of, _, context) => pooledZeroFraction(await extremesOf(context, of)),
    }),
    deadUnits: t.int({
      description: 'Units that are constant on every observation.',
      resolve: ({ moments }) => deadUnits(moments).length,
    }),
    saturatedUnits: t.int({
      description: 'Units with at least 95% of their observations at a bound of the activation.',
      resolve: async (of, _, context) => saturatedUnits(await extremesOf(context, of)).length,
    }),
    effectiveRank: t.float({
      nullable: true,
      description:
        'Participation ratio of the covariance spectrum, (sum of eigenvalues)^2 over the sum of their squares; null for a constant layer.',
      resolve: (of, _, context) => effectiveRankOf(context, of),
    }),
    correlations: t.field({
      type: CorrelationMatrix,
      nullable: true,
      description: 'Pearson correlation between units, of the `first` with the largest standard deviation.',
      args: { first: t.arg.int({ defaultValue: 50, description: 'How many units, from 1 to 500.' }) },
      async resolve(of, { first }, context) {
        const count = wholeBetween('first', first ?? 50, 1, 500);
        return strongestCorrelations(await covarianceOf(context, of), count);
      },
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'Mean and standard deviation of every neuron.',
      resolve: ({ layer, moments }) => layerPlot(moments, layer.name),
    }),
    neurons: t.field({
      type: NeuronColumns,
      description: 'One entry for each unit, in order: for drawing whole layers.',
      resolve: (statistics) => statistics,
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ provenance }) => provenance,
    }),
  }),
});
