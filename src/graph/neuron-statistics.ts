import { type DistributionResult, histogramOf, quantilesOf } from '../analysis/units/distribution.ts';
import type { ExtremesResult } from '../analysis/units/extremes.ts';
import type { MomentsResult } from '../analysis/units/moments.ts';
import { badUserInput } from '../errors.ts';
import { builder } from './builder.ts';
import { wholeBetween } from './column-argument.ts';
import { isSaturated, saturatedFraction, zeroFraction } from './extremes.ts';
import { Histogram } from './histogram.ts';
import { distributionOf, extremesOf } from './layer-questions.ts';
import { isDead } from './moments.ts';
import { orNull } from './number.ts';
import { Provenance } from './provenance.ts';
import { type MomentsOfNeuron, Neuron } from './references.ts';

const Quantile = builder.objectRef<{ at: number; value: number }>('Quantile').implement({
  description: 'A value with a share of the observations below it.',
  fields: (t) => ({
    at: t.exposeFloat('at', { description: 'The share, from 0 to 1.' }),
    value: t.exposeFloat('value', { description: 'The value.' }),
  }),
});

const usual: readonly number[] = [0.01, 0.25, 0.5, 0.75, 0.99];

function quantilesAsked(distribution: DistributionResult, unit: number, at: readonly number[]) {
  const bad = at.find((share) => !(share >= 0 && share <= 1));
  if (bad !== undefined) throw badUserInput('at', `\`at\` has ${bad}; shares lie between 0 and 1.`);
  const values = quantilesOf(distribution, unit, at);
  return at.map((share, position) => ({ at: share, value: values[position] as number }));
}

export const NeuronStatistics = builder.objectRef<MomentsOfNeuron>('NeuronStatistics').implement({
  description: 'A neuron’s status. Standard deviations divide by the number of observations.',
  fields: (t) => {
    const figure = (description: string, values: (moments: MomentsResult) => Float64Array) =>
      t.float({ description, resolve: ({ moments, unit }) => values(moments)[unit] as number });
    const nullableFigure = (description: string, values: (moments: MomentsResult) => Float64Array) =>
      t.float({ nullable: true, description, resolve: ({ moments, unit }) => orNull(values(moments)[unit]) });
    const extreme = (description: string, value: (extremes: ExtremesResult, unit: number) => number) =>
      t.float({ description, resolve: async (of, _, context) => value(await extremesOf(of, context), of.unit) });
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
      mean: figure('Mean activation.', ({ mean }) => mean),
      standardDeviation: figure('Of the activation.', (moments) => moments.standardDeviation),
      minimum: extreme('Smallest activation.', ({ minimum }, unit) => minimum[unit] as number),
      maximum: extreme('Largest activation.', ({ maximum }, unit) => maximum[unit] as number),
      zeroFraction: extreme('Share of observations that are exactly zero.', zeroFraction),
      dead: t.boolean({
        description: 'Constant on every observation.',
        resolve: ({ moments, unit }) => isDead(moments, unit),
      }),
      saturatedFraction: extreme(
        'Share of observations within 1% of the range from a bound of the activation (sigmoid, tanh, …); 0 where it has none or one.',
        saturatedFraction,
      ),
      saturated: t.boolean({
        description: 'saturatedFraction is at least 0.95.',
        resolve: async (of, _, context) => isSaturated(await extremesOf(of, context), of.unit),
      }),
      meanWhenPositive: nullableFigure('Mean over rows with label 1.', (moments) => moments.meanWhenPositive),
      meanWhenNegative: nullableFigure('Mean over rows with label 0.', (moments) => moments.meanWhenNegative),
      correlationWithLabel: nullableFigure(
        'Pearson; null where either side is constant or there is no label.',
        (moments) => moments.correlationWithLabel,
      ),
      correlationWithScore: nullableFigure('With the model’s score.', (moments) => moments.correlationWithScore),
      provenance: t.field({
        type: Provenance,
        description: 'Of the moments.',
        resolve: ({ provenance }) => provenance,
      }),
    };
  },
});

builder.objectFields(NeuronStatistics, (t) => ({
  quantiles: t.field({
    type: [Quantile],
    nullable: true,
    description: 'Within 1% of the neuron’s range of the exact quantile (linear interpolation).',
    args: {
      at: t.arg.floatList({ defaultValue: [0.01, 0.25, 0.5, 0.75, 0.99], description: 'Shares, from 0 to 1.' }),
    },
    resolve: async (of, { at }, context) => quantilesAsked(await distributionOf(of, context), of.unit, at ?? usual),
  }),
  histogram: t.field({
    type: Histogram,
    nullable: true,
    description: 'Equal-width bins between minimum and maximum; counts sum to observationCount.',
    args: { bins: t.arg.int({ defaultValue: 40, description: 'How many, from 1 to 1,200.' }) },
    async resolve(of, { bins }, context) {
      const count = wholeBetween('bins', bins ?? 40, 1, 1200);
      const what = `the activation of neuron ${of.unit} of ${of.layer.name}`;
      return { ...histogramOf(await distributionOf(of, context), of.unit, count), what };
    },
  }),
}));
