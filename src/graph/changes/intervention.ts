import {
  differenceOf,
  type IntervenedModel,
  intervenedModel,
  scoreChangeOf,
} from '../../questions/changes/intervened.ts';
import { evaluatedOrNull } from '../../questions/quality.ts';
import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { judgedByArguments } from '../quality/judged-by.ts';
import { Provenance } from '../shared/provenance.ts';
import { Evaluation, Model } from '../shared/references.ts';
import { InterventionInput } from './intervention-input.ts';
import { DistributionShift } from './shift.ts';

const Intervention = builder.objectRef<IntervenedModel>('Intervention').implement({
  description:
    'A model as it is, and with something in it changed, on the same rows. Differences are after minus before. Without labels and for a VALUE only the scores are compared.',
  fields: (t) => ({
    before: t.field({
      type: Evaluation,
      nullable: true,
      description: 'Quality as it is; null without labels and for a VALUE.',
      resolve: (of, _, context) => evaluatedOrNull(context, of.judged?.before ?? null),
    }),
    after: t.field({
      type: Evaluation,
      nullable: true,
      description: 'Quality with the interventions; null without labels and for a VALUE.',
      resolve: (of, _, context) => evaluatedOrNull(context, of.judged?.after ?? null),
    }),
    aucDifference: t.float({
      nullable: true,
      description: 'The AUC after minus that before; null without labels, for a VALUE, and with a single class.',
      resolve: (of, _, context) => differenceOf(context, of, 'auc'),
    }),
    logLossDifference: t.float({
      nullable: true,
      description: 'The log loss after minus that before; null without labels and for a VALUE.',
      resolve: (of, _, context) => differenceOf(context, of, 'logLoss'),
    }),
    scoreChange: t.field({
      type: DistributionShift,
      description: 'How far the scores after lie from those before, over all of the rows.',
      resolve: async (of, _, context) => (await scoreChangeOf(context, of)).value,
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be; of the change of the scores.',
      resolve: async (of, _, context) => (await scoreChangeOf(context, of)).provenance,
    }),
  }),
});

builder.objectField(Model, 'intervention', (t) =>
  t.field({
    type: Intervention,
    nullable: true,
    description:
      'What becomes of the model when outputs of neurons, features or groups of features are set, scaled, averaged or shuffled: what it would be without them.',
    args: {
      set: t.arg({
        type: [InterventionInput],
        required: true,
        description: 'What is changed, all at once: one intervention at least, and 100 at most.',
      }),
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
      ...judgedByArguments(t.arg),
    },
    resolve: (model, { set, rows, target, label }, context) =>
      intervenedModel(context, { model, rows }, set, { target, label }),
  }),
);
