import type { Prediction as Predicted } from '../../pass/protocol.ts';
import { predictionsOf } from '../../questions/predictions.ts';
import { outputTarget } from '../../questions/targets.ts';
import { builder } from '../builder/builder.ts';
import { Model } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';

const Prediction = builder.objectRef<Predicted>('Prediction').implement({
  description: 'What a model makes of a row.',
  fields: (t) => ({
    score: t.exposeFloat('score', {
      description: 'The score of the model, whatever the target: a probability, unless its score is a VALUE.',
    }),
    target: t.exposeFloat('target', { description: 'What was asked for: the logit unless said otherwise.' }),
  }),
});

builder.objectField(Model, 'predictions', (t) =>
  t.field({
    type: [Prediction],
    nullable: true,
    description:
      'Score rows written by hand: feature name to raw value, as in a dataset; missing features take their missing value.',
    args: {
      rows: t.arg({ type: ['JSON'], required: true, description: 'Rows by feature name, at most 1,000.' }),
      target: t.arg({ type: TargetInput, description: 'What `target` of the answer is.' }),
    },
    resolve: (model, { rows, target }, context) => predictionsOf(context, model, rows, outputTarget(model, target)),
  }),
);
