import type { EvaluationResult } from '../analysis/evaluation.ts';
import { badUserInput } from '../errors.ts';
import { ask } from './ask.ts';
import { builder } from './builder.ts';
import { Evaluation } from './evaluation.ts';
import { Model } from './references.ts';
import { RowsInput } from './rows-input.ts';

/** What can be asked of a model and rows. */
builder.objectFields(Model, (t) => ({
  evaluation: t.field({
    type: Evaluation,
    nullable: true,
    description: 'Quality on labelled rows.',
    args: { rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset with a label.' }) },
    resolve: (model, { rows }, context) => {
      if (model.manifest.score.space === 'VALUE')
        throw badUserInput('rows', 'The score of this model is a VALUE, which no 0/1 label can be compared with.');
      return ask<EvaluationResult>(context, 'evaluation', {}, model, rows);
    },
  }),
}));
