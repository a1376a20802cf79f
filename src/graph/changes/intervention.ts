import {
  differenceOf,
  evaluationOfSide,
  type IntervenedModel,
  type InterventionSide,
  intervenedModel,
  scoreChangeOf,
} from '../../questions/changes/intervened.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { Provenance } from '../shared/provenance.ts';
import { Evaluation, type EvaluationOfModel, Model } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';
import { InterventionInput } from './intervention-input.ts';
import { DistributionShift } from './shift.ts';

async function evaluated(
  of: IntervenedModel,
  side: InterventionSide,
  context: Context,
): Promise<EvaluationOfModel | null> {
  const answer = await evaluationOfSide(context, of, side);
  return answer === null || of.judged === null ? null : { ...of.judged[side], answer };
}

const Intervention = builder.objectRef<IntervenedModel>('Intervention').implement({
  description:
    'A model as it is, and with something in it changed, on the same rows. Differences are after minus before. Without labels and for a VALUE only the scores are compared.',
  fields: (t) => ({
    before: t.field({
      type: Evaluation,
      nullable: true,
      description: 'Quality as it is; null without labels and for a VALUE.',
      resolve: (of, _, context) => evaluated(of, 'before', context),
    }),
    after: t.field({
      type: Evaluation,
      nullable: true,
      description: 'Quality with the interventions; null without labels and for a VALUE.',
      resolve: (of, _, context) => evaluated(of, 'after', context),
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
      target: t.arg({ type: TargetInput, description: 'Another output, e.g. another head of a multi-task model.' }),
      label: t.arg.string({ description: 'A column of 0 and 1, and of null or NaN where there is no label.' }),
    },
    resolve: (model, { set, rows, target, label }, context) =>
      intervenedModel(context, { model, rows }, set, { target, label }),
  }),
);
