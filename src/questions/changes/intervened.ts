import type { Intervention } from '../../analysis/interventions/intervention.ts';
import type { ScoresSpec } from '../../analysis/quality/scores.ts';
import { scoreShift } from '../../analysis/shift/score-shift.ts';
import type { Shift } from '../../analysis/shift/shift.ts';
import type { Answer } from '../../planner/question.ts';
import { ask, type ModelOnRows, selectedRows } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { orNull } from '../or-null.ts';
import { evaluatedOrNull, type JudgedBy, type ScoredRows, scoredRowsOrNull } from '../quality.ts';
import { scoreTarget } from '../targets.ts';
import { type InterventionArgument, interventionsOf } from './interventions.ts';

export type InterventionSide = 'before' | 'after';

/** A model on rows as it is, and with interventions; differences are after minus before. */
export interface IntervenedModel extends ModelOnRows {
  readonly scored: Readonly<Record<InterventionSide, ScoresSpec>>;
  /** null: there is no label to judge by. */
  readonly judged: Readonly<Record<InterventionSide, ScoredRows>> | null;
}

/** Asks nothing yet. Throws BAD_USER_INPUT naming the argument, NOT_FOUND, and UNSUPPORTED_BY_EXECUTOR. */
export async function intervenedModel(
  asker: Asker,
  of: ModelOnRows,
  set: readonly InterventionArgument[],
  { target, label }: JudgedBy,
): Promise<IntervenedModel> {
  const { model, rows } = of;
  await selectedRows(asker, rows);
  const interventions: readonly Intervention[] = await interventionsOf(asker, model, set);
  const element = scoreTarget(model, target);
  const before = element === undefined ? {} : { target: element };
  const judged = await scoredRowsOrNull(asker, of, { target, label });
  return {
    model,
    rows,
    scored: { before, after: { ...before, interventions } },
    judged: judged && { before: judged, after: { ...judged, spec: { ...judged.spec, interventions } } },
  };
}

/** After minus before, on the same rows; null without labels, and where either does not exist. */
export async function differenceOf(
  asker: Asker,
  of: IntervenedModel,
  figure: 'auc' | 'logLoss',
): Promise<number | null> {
  const [before, after] = await Promise.all([
    evaluatedOrNull(asker, of.judged?.before ?? null),
    evaluatedOrNull(asker, of.judged?.after ?? null),
  ]);
  return before === null || after === null ? null : orNull(after.answer.value[figure] - before.answer.value[figure]);
}

/** From the scores before to those after. */
export const scoreChangeOf = (asker: Asker, { model, rows, scored }: IntervenedModel): Promise<Answer<Shift>> =>
  ask(
    asker,
    scoreShift,
    { current: scored.after, reference: scored.before },
    { model, rows, others: { reference: { model, rows } } },
  );
