import { costLimitExceeded } from '../errors.ts';
import { queryLimits } from '../limits.ts';
import type { PassPlan } from './plan.ts';

/** What one request has had computed so far. */
export interface Spent {
  passes: number;
  questions: number;
}

/** Before anything of these passes is claimed. Throws COST_LIMIT_EXCEEDED when a request wants more than one may have. */
export function spend(spent: Spent, passes: readonly PassPlan[]): void {
  spent.passes += passes.length;
  spent.questions += passes.reduce((sum, { analyses, readings }) => sum + analyses.length + readings.length, 0);
  const { passCount, questionCount } = queryLimits;
  if (spent.passes > passCount)
    throw costLimitExceeded(
      `This request needs ${spent.passes} passes over rows, and one may have ${passCount}. Ask about fewer models or selections of ` +
        'rows at a time; what is kept already costs nothing.',
      { passes: spent.passes, limit: passCount },
    );
  if (spent.questions > questionCount)
    throw costLimitExceeded(
      `This request has ${spent.questions} questions computed, and one may have ${questionCount}. Ask about fewer neurons, layers or ` +
        'methods at a time; what is kept already costs nothing.',
      { questions: spent.questions, limit: questionCount },
    );
}
