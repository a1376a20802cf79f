import { builder } from '../builder/builder.ts';
import '../quality/evaluation.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { evaluationAsked, judgedByArguments } from '../quality/judged-by.ts';
import { Evaluation, Model } from '../shared/references.ts';

/** What can be asked of a model and rows. */
builder.objectFields(Model, (t) => ({
  evaluation: t.field({
    type: Evaluation,
    nullable: true,
    description:
      'Quality on labelled rows. `label` names another column than the dataset’s label; `target` another output.',
    args: {
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset with a label.' }),
      ...judgedByArguments(t.arg),
    },
    resolve: (model, { rows, ...judgedBy }, context, info) => evaluationAsked({ model, rows }, judgedBy, context, info),
  }),
}));
