import type { ExtremesResult } from '../../analysis/units/extremes.ts';
import type { MomentsResult } from '../../analysis/units/moments.ts';
import { unitsOf, zeroFraction } from '../../questions/layers/layer-figures.ts';
import { extremesOf, type MomentsOfLayer } from '../../questions/layers/layers.ts';
import { orNull } from '../../questions/or-null.ts';
import { builder } from '../builder/builder.ts';

export const NeuronColumns = builder.objectRef<MomentsOfLayer>('NeuronColumns').implement({
  description: 'Figures of all neurons of a layer, one list each, in unit order: for drawing whole layers.',
  fields: (t) => {
    const column = (description: string, values: (moments: MomentsResult) => Iterable<number>) =>
      t.floatList({ description, resolve: ({ moments }) => [...values(moments)] });
    const extremeColumn = (description: string, values: (extremes: ExtremesResult) => Iterable<number>) =>
      t.floatList({ description, resolve: async (of, _, context) => [...values(await extremesOf(context, of))] });
    const nullableColumn = (description: string, values: (moments: MomentsResult) => Float64Array) =>
      t.field({
        type: ['Float'],
        nullable: { list: false, items: true },
        description,
        resolve: ({ moments }) => Array.from(values(moments), orNull),
      });
    return {
      index: t.intList({ description: 'Position in the layer.', resolve: ({ moments }) => unitsOf(moments) }),
      mean: column('The mean activation.', ({ mean }) => mean),
      standardDeviation: column(
        'Standard deviation, dividing by the number of observations.',
        (m) => m.standardDeviation,
      ),
      minimum: extremeColumn('The smallest activation.', ({ minimum }) => minimum),
      maximum: extremeColumn('The largest activation.', ({ maximum }) => maximum),
      zeroFraction: extremeColumn('Share of activations that are exactly zero.', (extremes) =>
        extremes.zeroCount.map((_, unit) => zeroFraction(extremes, unit)),
      ),
      correlationWithLabel: nullableColumn('Pearson correlation; null where undefined.', (m) => m.correlationWithLabel),
      correlationWithScore: nullableColumn('Pearson correlation; null where undefined.', (m) => m.correlationWithScore),
    };
  },
});
