import { type Disagreement as Disagreeing, disagreementsOf } from '../../questions/changes/comparison.ts';
import { builder } from '../builder/builder.ts';
import { firstUpTo, refusedEarly } from '../builder/early.ts';
import { Row } from '../datasets/dataset.ts';
import { Comparison } from '../shared/references.ts';

const Disagreement = builder.objectRef<Disagreeing>('Disagreement').implement({
  description: 'A row that two models score differently.',
  fields: (t) => ({
    row: t.field({ type: Row, description: 'The row, with its values.', resolve: ({ row }) => row }),
    baseScore: t.exposeFloat('baseScore', { description: 'Score of the base.' }),
    candidateScore: t.exposeFloat('candidateScore', { description: 'Score of the candidate.' }),
  }),
});

builder.objectFields(Comparison, (t) => ({
  disagreements: t.field({
    type: [Disagreement],
    description: 'The rows on which the two scores lie furthest apart, furthest first.',
    args: { first: t.arg.int({ defaultValue: 10, description: 'The largest number to show, up to 100.' }) },
    extensions: refusedEarly(firstUpTo(100)),
    resolve: (of, { first }, context) => disagreementsOf(context, of, first ?? 10),
  }),
}));
