import { evaluationOf, scoredRows } from '../questions/quality.ts';
import { askAhead } from './ahead.ts';
import { builder } from './builder.ts';
import './evaluation.ts';
import { evaluationQuestions } from './evaluation-readings.ts';
import { Evaluation, type EvaluationOfModel, Model } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { TargetInput } from './target.ts';

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
