import { type BaselineRows, baselineRows, mostBaselineRows } from '../../analysis/attributions/baseline-rows.ts';
import { subjectOf } from '../../analysis/subject.ts';
import type { Answer } from '../../planner/question.ts';
import type { ModelRow } from '../../store/models.ts';
import { type About, ask, type RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';
import type { AskedMethod } from './attribution-spec.ts';

/** The rows that baselines are drawn from, no more than may be; undefined where they are not. */
export function baselineRowsOf(model: ModelRow, { options }: AskedMethod): RowsArgument | undefined {
  const rows = options?.baseline?.rows;
  if (rows == null) return undefined;
  const most = mostBaselineRows(subjectOf(model));
  return { ...rows, sample: Math.min(rows.sample ?? most, most) };
}

/** What is drawn from: kept since the attribution was asked for, or computed now. */
export const baselinesAmong = (asker: Asker, model: ModelRow, rows: RowsArgument): Promise<Answer<BaselineRows>> =>
  ask(asker, baselineRows, {}, { model, rows });

/** What the parts of an attribution are about. */
export function baselinesOf(model: ModelRow, asked: AskedMethod): NonNullable<About['others']> {
  const rows = baselineRowsOf(model, asked);
  return rows === undefined ? {} : { baseline: { model, rows } };
}
