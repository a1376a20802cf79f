import { evaluation } from '../analysis/quality/evaluation.ts';
import type { LabelledSpec } from '../analysis/quality/labelled.ts';
import { bindingOf } from '../analysis/score.ts';
import { isNumeric } from '../data/columns/type.ts';
import { badUserInput } from '../errors.ts';
import { ask, datasetAsked, type RowsArgument } from '../questions/ask.ts';
import type { ModelRow } from '../store/models.ts';
import { askAhead } from './ahead.ts';
import { builder } from './builder.ts';
import { groupingColumn } from './column-argument.ts';
import type { Context } from './context.ts';
import './evaluation.ts';
import { questionsOfEvaluation } from './evaluation-questions.ts';
import { Evaluation, type EvaluationOfModel, Model } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { scoreTarget, TargetInput } from './target.ts';

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
      const spec = await labelledSpec(model, rows, target, label, context);
      const of = { model, rows, spec };
      askAhead(questionsOfEvaluation, of, context, info);
      return { ...of, answer: await ask(context, evaluation, spec, { model, rows }) };
    },
  }),
}));

/** What is left out says the same as what is the default: one question, one key. */
async function labelledSpec(
  model: ModelRow,
  rows: RowsArgument,
  target: typeof TargetInput.$inferInput | null | undefined,
  label: string | null | undefined,
  context: Context,
): Promise<LabelledSpec> {
  const chosen = scoreTarget(model, target);
  const { score, targets = [] } = model.manifest;
  const element = chosen ?? score;
  if (bindingOf(model.manifest, element).space === 'VALUE')
    throw badUserInput(
      chosen === undefined ? 'rows' : 'target',
      `The score of this ${chosen === undefined ? 'model' : 'target'} is a VALUE, which no 0/1 label can be compared with.`,
    );
  const own = label ?? targets.find(({ output, index }) => output === element.output && index === element.index)?.label;
  const column = own === undefined ? undefined : await labelColumn(rows, own, context);
  return { ...(chosen === undefined ? {} : { target: chosen }), ...(column === undefined ? {} : { label: column }) };
}

async function labelColumn(rows: RowsArgument, label: string, context: Context): Promise<string | undefined> {
  const dataset = await datasetAsked(context, rows);
  const column = groupingColumn(dataset, label, 'label');
  if (column === dataset.label) return undefined;
  const type = dataset.columns.find(({ name }) => name === column)?.type as string;
  if (isNumeric(type)) return column;
  throw badUserInput(
    'label',
    `\`label\`: “${label}” is ${type}; labels are 0 and 1. Register the dataset with it as \`label\`, and say with \`positive\` what counts as 1.`,
  );
}
