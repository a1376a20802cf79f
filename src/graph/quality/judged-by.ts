import type { ArgBuilder } from '@pothos/core';
import type { GraphQLResolveInfo } from 'graphql';
import type { ModelOnRows } from '../../questions/ask.ts';
import { type EvaluatedRows, evaluated, type JudgedBy, scoredRows } from '../../questions/quality.ts';
import { askAhead } from '../builder/ahead.ts';
import type { Types } from '../builder/connection-types.ts';
import type { Context } from '../builder/context.ts';
import { TargetInput } from '../shared/target.ts';
import { evaluationQuestions } from './evaluation-readings.ts';

/** target, label: what is judged, and by what. */
export const judgedByArguments = (
  t: ArgBuilder<Types>,
  target = 'Another output, e.g. another head of a multi-task model.',
) => ({
  target: t({ type: TargetInput, description: target }),
  label: t.string({ description: 'A column of 0 and 1, and of null or NaN where there is no label.' }),
});

/** An evaluation, and ahead of it whatever else the query wants of it. */
export async function evaluationAsked(
  of: ModelOnRows,
  judgedBy: JudgedBy,
  context: Context,
  info: GraphQLResolveInfo,
): Promise<EvaluatedRows> {
  const scored = await scoredRows(context, of, judgedBy);
  askAhead(evaluationQuestions, scored, context, info);
  return evaluated(context, scored);
}
