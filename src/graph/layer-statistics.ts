import { correlationsBetween, effectiveRank, mostVarying } from '../analysis/units/covariance.ts';
import type { ExtremesResult } from '../analysis/units/extremes.ts';
import type { MomentsResult } from '../analysis/units/moments.ts';
import { correlationPlot, layerPlot } from '../plots/layer.ts';
import { builder } from './builder.ts';
import { wholeBetween } from './column-argument.ts';
import { isSaturated, zeroFraction } from './extremes.ts';
import { covarianceOf, extremesOf } from './layer-questions.ts';
import { isDead } from './moments.ts';
import { NeuronColumns, unitsOf } from './neuron-columns.ts';
import { orNull } from './number.ts';
import { Provenance } from './provenance.ts';
import { Layer, type MomentsOfLayer } from './references.ts';

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const averageZeroFraction = (extremes: ExtremesResult): number =>
  average(Array.from(extremes.zeroCount, (_, unit) => zeroFraction(extremes, unit)));

const saturatedUnits = (extremes: ExtremesResult): Float64Array =>
  extremes.saturatedCount.filter((_, unit) => isSaturated(extremes, unit));

/** Over all units together: the mean of their variances plus the variance of their means. */
function pooledDeviation({ mean, standardDeviation }: MomentsResult): number {
  const centre = average([...mean]);
  return Math.sqrt(
    average([...standardDeviation].map((deviation) => deviation ** 2)) +
      average([...mean].map((m) => (m - centre) ** 2)),
  );
}

interface Correlations {
  readonly units: number[];
  readonly values: (number | null)[][];
}

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
      description: 'A heat map.',
      resolve: ({ units, values }) => correlationPlot(units, values),
    }),
  }),
});

export const LayerStatistics = builder.objectRef<MomentsOfLayer>('LayerStatistics').implement({
  description: 'Over observations: rows, times positions where the layer’s output has positions (sequence, image).',
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
      description: 'Over all units and observations.',
      resolve: ({ moments }) => average([...moments.mean]),
    }),
    standardDeviation: t.float({
      description: 'Over all units and observations.',
      resolve: ({ moments }) => pooledDeviation(moments),
    }),
    zeroFraction: t.float({
      description: 'Share of all activations that are exactly zero.',
      resolve: async (of, _, context) => averageZeroFraction(await extremesOf(of, context)),
    }),
    deadUnits: t.int({
      description: 'Units that are constant on every observation.',
      resolve: ({ moments }) => unitsOf(moments).filter((unit) => isDead(moments, unit)).length,
    }),
    saturatedUnits: t.int({
      description: 'Units with at least 95% of their observations at a bound of the activation.',
      resolve: async (of, _, context) => saturatedUnits(await extremesOf(of, context)).length,
    }),
    effectiveRank: t.float({
      nullable: true,
      description:
        'Participation ratio of the covariance spectrum, (sum of eigenvalues)^2 over the sum of their squares; null for a constant layer.',
      resolve: async (of, _, context) => orNull(effectiveRank(await covarianceOf(of, context))),
    }),
    correlations: t.field({
      type: CorrelationMatrix,
      nullable: true,
      description: 'Pearson correlation between units, of the `first` with the largest standard deviation.',
      args: { first: t.arg.int({ defaultValue: 50, description: 'How many units, from 1 to 500.' }) },
      async resolve(of, { first }, context) {
        const count = wholeBetween('first', first ?? 50, 1, 500);
        const covariance = await covarianceOf(of, context);
        const units = mostVarying(covariance, count);
        return { units, values: correlationsBetween(covariance, units).map((line) => line.map(orNull)) };
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
