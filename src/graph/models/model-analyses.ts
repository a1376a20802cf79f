import { evaluationOf, scoredRows } from '../../questions/quality.ts';
import { askAhead } from '../builder/ahead.ts';
import { builder } from '../builder/builder.ts';
import '../quality/evaluation.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { evaluationQuestions } from '../quality/evaluation-readings.ts';
import { Evaluation, type EvaluationOfModel, Model } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';

/** What can be asked of a model and rows. */
builder.objectFields(Model, (t) => ({
  evaluation: t.field({
    type: Evaluation,
    nullable: true,
    description:
      'Quality on labelled rows. `label` names another column than the dataset’s label; `target` another output.',
    args: {
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset with a label.' }),
      target: t.arg({ type: TargetInput, description: 'Another output, e.g. another head of a multi-task model.' }),
      label: t.arg.string({ description: 'A column of 0 and 1, and of null or NaN where there is no label.' }),
    },
    async resolve(model, { rows, target, label }, context, info): Promise<EvaluationOfModel> {
      const of = await scoredRows(context, { model, rows }, { target, label });
      askAhead(evaluationQuestions, of, context, info);
      return { ...of, answer: await evaluationOf(context, of) };
    },
  }),
}));
