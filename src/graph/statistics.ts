import type { MomentsResult } from '../analysis/moments.ts';
import { analysisFailed } from '../errors.ts';
import { ask, type RowsArgument } from './ask.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { orNull } from './number.ts';
import { Provenance } from './provenance.ts';
import { Layer, type LayerOfModel, type MomentsOfLayer, type MomentsOfNeuron, Neuron } from './references.ts';

/** Throws ANALYSIS_FAILED for a layer whose values are not finite: no moment of it exists. */
export async function momentsOf(of: LayerOfModel, rows: RowsArgument, context: Context): Promise<MomentsOfLayer> {
  const { model, layer } = of;
  const answer = await ask<MomentsResult>(context, 'moments', { layer: layer.name }, model, rows);
  const bad = answer.value.mean.findIndex((mean) => !Number.isFinite(mean));
  if (bad >= 0)
    throw analysisFailed(
      `Neuron ${bad} of the layer “${layer.name}” is infinite or NaN on some row; it has no moments.`,
      {
        layer: layer.name,
        neuron: bad,
      },
    );
  return { model, layer, moments: answer.value, provenance: answer.provenance };
}

/** A unit counts as saturated when nearly all of its observations lie at a bound of its activation. */
const saturatedFrom = 0.95;

export const isDead = ({ minimum, maximum }: MomentsResult, unit: number): boolean => minimum[unit] === maximum[unit];
export const zeroFraction = ({ zeroCount, observationCount }: MomentsResult, unit: number): number =>
  (zeroCount[unit] as number) / observationCount;
const saturatedFraction = ({ saturatedCount, observationCount }: MomentsResult, unit: number): number =>
  (saturatedCount[unit] as number) / observationCount;
export const isSaturated = (moments: MomentsResult, unit: number): boolean =>
  saturatedFraction(moments, unit) >= saturatedFrom;

const unitsOf = ({ mean }: MomentsResult): number[] => Array.from(mean, (_, unit) => unit);
const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Over all units together: the mean of their variances plus the variance of their means. */
function pooledDeviation({ mean, standardDeviation }: MomentsResult): number {
  const centre = average([...mean]);
  return Math.sqrt(
    average([...standardDeviation].map((deviation) => deviation ** 2)) +
      average([...mean].map((m) => (m - centre) ** 2)),
  );
}

const NeuronColumns = builder.objectRef<MomentsResult>('NeuronColumns').implement({
  description: 'Figures of all neurons of a layer, one list each, in unit order: for drawing whole layers.',
  fields: (t) => {
    const column = (description: string, values: (moments: MomentsResult) => Iterable<number>) =>
      t.floatList({ description, resolve: (moments) => [...values(moments)] });
    const nullableColumn = (description: string, values: (moments: MomentsResult) => Float64Array) =>
      t.field({
        type: ['Float'],
        nullable: { list: false, items: true },
        description,
        resolve: (moments) => Array.from(values(moments), orNull),
      });
    return {
      index: t.intList({ description: 'Position in the layer.', resolve: unitsOf }),
      mean: column('Mean activation.', ({ mean }) => mean),
      standardDeviation: column(
        'Standard deviation, dividing by the number of observations.',
        (m) => m.standardDeviation,
      ),
      minimum: column('Smallest activation.', ({ minimum }) => minimum),
      maximum: column('Largest activation.', ({ maximum }) => maximum),
      zeroFraction: column('Share of activations that are exactly zero.', (m) =>
        unitsOf(m).map((unit) => zeroFraction(m, unit)),
      ),
      correlationWithLabel: nullableColumn('Pearson; null where undefined.', (m) => m.correlationWithLabel),
      correlationWithScore: nullableColumn('Pearson; null where undefined.', (m) => m.correlationWithScore),
    };
  },
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
      description: 'Rows, times positions.',
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
      resolve: ({ moments }) => average(unitsOf(moments).map((unit) => zeroFraction(moments, unit))),
    }),
    deadUnits: t.int({
      description: 'Units that are constant on every observation.',
      resolve: ({ moments }) => unitsOf(moments).filter((unit) => isDead(moments, unit)).length,
    }),
    saturatedUnits: t.int({
      description: 'Units with at least 95% of their observations at a bound of the activation.',
      resolve: ({ moments }) => unitsOf(moments).filter((unit) => isSaturated(moments, unit)).length,
    }),
    neurons: t.field({
      type: NeuronColumns,
      description: 'One entry for each unit, in order: for drawing whole layers.',
      resolve: ({ moments }) => moments,
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ provenance }) => provenance,
    }),
  }),
});

export const NeuronStatistics = builder.objectRef<MomentsOfNeuron>('NeuronStatistics').implement({
  description: 'A neuron’s status. Standard deviations divide by the number of observations.',
  fields: (t) => {
    const figure = (description: string, values: (moments: MomentsResult) => Float64Array) =>
      t.float({ description, resolve: ({ moments, unit }) => values(moments)[unit] as number });
    const nullableFigure = (description: string, values: (moments: MomentsResult) => Float64Array) =>
      t.float({ nullable: true, description, resolve: ({ moments, unit }) => orNull(values(moments)[unit]) });
    return {
      neuron: t.field({
        type: Neuron,
        description: 'The neuron itself.',
        resolve: ({ model, layer, unit }) => ({ model, layer, unit }),
      }),
      observationCount: t.field({
        type: 'SafeInt',
        description: 'Rows, times positions.',
        resolve: ({ moments }) => moments.observationCount,
      }),
      mean: figure('Mean activation.', ({ mean }) => mean),
      standardDeviation: figure('Of the activation.', (moments) => moments.standardDeviation),
      minimum: figure('Smallest activation.', ({ minimum }) => minimum),
      maximum: figure('Largest activation.', ({ maximum }) => maximum),
      zeroFraction: t.float({
        description: 'Share of observations that are exactly zero.',
        resolve: ({ moments, unit }) => zeroFraction(moments, unit),
      }),
      dead: t.boolean({
        description: 'Constant on every observation.',
        resolve: ({ moments, unit }) => isDead(moments, unit),
      }),
      saturatedFraction: t.float({
        description:
          'Share of observations within 1% of the range from a bound of the activation (sigmoid, tanh, …); 0 where it has none or one.',
        resolve: ({ moments, unit }) => saturatedFraction(moments, unit),
      }),
      saturated: t.boolean({
        description: 'saturatedFraction is at least 0.95.',
        resolve: ({ moments, unit }) => isSaturated(moments, unit),
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
