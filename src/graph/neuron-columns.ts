import type { MomentsResult } from '../analysis/moments.ts';
import { builder } from './builder.ts';
import { zeroFraction } from './moments.ts';
import { orNull } from './number.ts';

export const unitsOf = ({ mean }: MomentsResult): number[] => Array.from(mean, (_, unit) => unit);

export const NeuronColumns = builder.objectRef<MomentsResult>('NeuronColumns').implement({
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
