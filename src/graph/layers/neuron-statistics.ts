import type { ExtremesResult } from '../../analysis/units/extremes.ts';
import type { MomentsResult } from '../../analysis/units/moments.ts';
import {
  isDead,
  isSaturated,
  quantilesAt,
  saturatedFraction,
  zeroFraction,
} from '../../questions/layers/layer-figures.ts';
import {
  activationHistogram,
  distributionOf,
  extremesOf,
  type MomentsOfNeuron,
} from '../../questions/layers/layers.ts';
import { orNull } from '../../questions/or-null.ts';
import { builder } from '../builder/builder.ts';
import { Histogram } from '../shared/histogram.ts';
import { Provenance } from '../shared/provenance.ts';
import { Neuron } from '../shared/references.ts';

const Quantile = builder.objectRef<{ at: number; value: number }>('Quantile').implement({
  description: 'A value with a share of the observations below it.',
  fields: (t) => ({
    at: t.exposeFloat('at', { description: 'The share, from 0 to 1.' }),
    value: t.exposeFloat('value', { description: 'The value below which they lie.' }),
  }),
});

export const NeuronStatistics = builder.objectRef<MomentsOfNeuron>('NeuronStatistics').implement({
  description: 'A neuron’s status. Standard deviations divide by the number of observations.',
  fields: (t) => {
    const figure = (description: string, values: (moments: MomentsResult) => Float64Array) =>
      t.float({ description, resolve: ({ moments, unit }) => values(moments)[unit] as number });
    const nullableFigure = (description: string, values: (moments: MomentsResult) => Float64Array) =>
      t.float({ nullable: true, description, resolve: ({ moments, unit }) => orNull(values(moments)[unit]) });
    const extreme = (description: string, value: (extremes: ExtremesResult, unit: number) => number) =>
      t.float({ description, resolve: async (of, _, context) => value(await extremesOf(context, of), of.unit) });
    return {
      neuron: t.field({
        type: Neuron,
        description: 'The neuron itself.',
        resolve: ({ model, layer, unit }) => ({ model, layer, unit }),
      }),
      observationCount: t.field({
        type: 'SafeInt',
        description: 'Rows, times positions; the elements of lists on a layer that has these for rows.',
        resolve: ({ moments }) => moments.observationCount,
      }),
      mean: figure('The mean activation.', ({ mean }) => mean),
      standardDeviation: figure('Standard deviation of the activation.', (moments) => moments.standardDeviation),
      minimum: extreme('The smallest activation.', ({ minimum }, unit) => minimum[unit] as number),
      maximum: extreme('The largest activation.', ({ maximum }, unit) => maximum[unit] as number),
      zeroFraction: extreme('Share of observations that are exactly zero.', zeroFraction),
      dead: t.boolean({
        description: 'Whether it is constant on every observation.',
        resolve: ({ moments, unit }) => isDead(moments, unit),
      }),
      saturatedFraction: extreme(
        'Share of observations within 1% of the range from a bound of the activation (sigmoid, tanh, …); 0 where it has none or one.',
        saturatedFraction,
      ),
      saturated: t.boolean({
        description: 'Whether saturatedFraction is at least 0.95.',
        resolve: async (of, _, context) => isSaturated(await extremesOf(context, of), of.unit),
      }),
      meanWhenPositive: nullableFigure('Mean over rows with label 1.', (moments) => moments.meanWhenPositive),
      meanWhenNegative: nullableFigure('Mean over rows with label 0.', (moments) => moments.meanWhenNegative),
      correlationWithLabel: nullableFigure(
        'Pearson correlation with the label; null where either side is constant or there is no label.',
        (moments) => moments.correlationWithLabel,
      ),
      correlationWithScore: nullableFigure(
        'Pearson correlation with the model’s score; null where either side is constant.',
        (moments) => moments.correlationWithScore,
      ),
      provenance: t.field({
        type: Provenance,
        description: 'How the moments came to be.',
        resolve: ({ provenance }) => provenance,
      }),
    };
  },
});

builder.objectFields(NeuronStatistics, (t) => ({
  quantiles: t.field({
    type: [Quantile],
    nullable: true,
    description: 'Quantiles within 1% of the neuron’s range of the exact ones (linear interpolation).',
    args: {
      at: t.arg.floatList({
        defaultValue: [0.01, 0.25, 0.5, 0.75, 0.99],
        description: 'Shares of observations, from 0 to 1.',
      }),
    },
    resolve: async (of, { at }, context) => quantilesAt(await distributionOf(context, of), of.unit, at ?? undefined),
  }),
  histogram: t.field({
    type: Histogram,
    nullable: true,
    description: 'Equal-width bins between minimum and maximum; counts sum to observationCount.',
    args: { bins: t.arg.int({ defaultValue: 40, description: 'How many bins, from 1 to 1,200.' }) },
    async resolve(of, { bins }, context) {
      const what = `the activation of neuron ${of.unit} of ${of.layer.name}`;
      return { ...(await activationHistogram(context, of, bins ?? 40)), what };
    },
  }),
}));
