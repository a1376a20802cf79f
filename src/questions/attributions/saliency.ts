import { type AttributionResult, attribution } from '../../analysis/attribution.ts';
import type { AttributionMethod } from '../../analysis/attributions/method.ts';
import { type Player, playersOf } from '../../analysis/players.ts';
import type { Target } from '../../analysis/target.ts';
import type { Answer } from '../../planner/question.ts';
import type { ModelRow } from '../../store/models.ts';
import { ask, type RowsArgument } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { type ConfidenceInterval, normalMargin } from '../intervals.ts';
import { notFinite } from '../not-finite.ts';
import { orNull } from '../or-null.ts';
import { type AskedMethod, attributionSpec } from './attribution-spec.ts';
import { baselineRowsOf, baselinesOf } from './baselines.ts';

export interface SaliencyOfModel {
  readonly model: ModelRow;
  readonly method: AttributionMethod;
  readonly answer: Answer<AttributionResult>;
  /** What its baselines are drawn from, where they are. */
  readonly baselineRows: RowsArgument | undefined;
}

/**
 * What drives a target, over rows: SALIENCY unless another method is asked for. Throws BAD_USER_INPUT for options that the method does
 * not have, ANALYSIS_FAILED where the attribution of a feature is not finite on some row.
 */
export async function saliencyOf(
  asker: Asker,
  model: ModelRow,
  asked: AskedMethod & { readonly rows: RowsArgument },
  target: Target,
): Promise<SaliencyOfModel> {
  const spec = await attributionSpec(asker, model, asked, 'SALIENCY', target);
  const answer = await ask(asker, attribution, spec, { model, rows: asked.rows, others: baselinesOf(model, asked) });
  assertFinite(answer.value, model, 0, model.manifest.features.length);
  return { model, method: spec.method, answer, baselineRows: baselineRowsOf(model, asked) };
}

/** Of the players in a range. Throws ANALYSIS_FAILED where an attribution is not finite on some row: no mean over rows exists. */
function assertFinite(
  { score, mean, standardDeviation, notFinite: first }: AttributionResult,
  { manifest: { features } }: ModelRow,
  from: number,
  to: number,
): void {
  const isFirst = first !== null && first.column >= from && first.column < to;
  const isBad = (at: number): boolean =>
    !Number.isFinite((score[at] as number) + (mean[at] as number) + (standardDeviation[at] as number));
  const bad = isFirst ? first.column : Array.from({ length: to - from }, (_, at) => from + at).find(isBad);
  if (bad === undefined) return;
  const { name } = playersOf({ features })[bad] as Player;
  const kind = bad < features.length ? 'feature' : 'group';
  throw notFinite(`The attribution of the ${kind} “${name}”`, isFirst ? first.row : undefined, { [kind]: name });
}

/** What is attributed to a player, a feature or a group: figures over rows, in units of the target. */
export interface PlayerSaliency {
  readonly name: string;
  /** Position among the players: features in the manifest's order, then groups. */
  readonly at: number;
  /** By score, from 1. */
  readonly rank: number;
  /** Mean L2 norm of the attribution over the player's carriers. */
  readonly score: number;
  /** The standard deviation of that norm. */
  readonly scoreDeviation: number;
  /** Of the sum of the scores of all players of its kind; null when that is zero. */
  readonly share: number | null;
  /** Of the attribution summed over the carriers, with its sign. */
  readonly mean: number;
  readonly standardDeviation: number;
  /** Null without such rows. */
  readonly scoreWhenPositive: number | null;
  readonly scoreWhenNegative: number | null;
  readonly rowCount: number;
}

/** By score, largest first, ties in the manifest's order. */
export const featureSaliencies = (of: SaliencyOfModel): PlayerSaliency[] =>
  ranked(of, 0, of.model.manifest.features.length);

/** By score, largest first, ties in the manifest's order. Throws ANALYSIS_FAILED where one is not finite on some row. */
export function groupSaliencies(of: SaliencyOfModel): PlayerSaliency[] {
  const [from, to] = [of.model.manifest.features.length, of.answer.value.score.length];
  assertFinite(of.answer.value, of.model, from, to);
  return ranked(of, from, to);
}

function ranked({ model, answer: { value } }: SaliencyOfModel, from: number, to: number): PlayerSaliency[] {
  const players = playersOf({ features: model.manifest.features });
  const score = (at: number): number => value.score[at] as number;
  const positions = Array.from({ length: to - from }, (_, at) => from + at);
  const total = positions.reduce((sum, at) => sum + score(at), 0);
  return positions
    .sort((a, b) => score(b) - score(a) || a - b)
    .map((at, place) => ({
      name: (players[at] as Player).name,
      at,
      rank: place + 1,
      score: score(at),
      scoreDeviation: value.scoreDeviation[at] as number,
      share: orNull(score(at) / total),
      mean: value.mean[at] as number,
      standardDeviation: value.standardDeviation[at] as number,
      scoreWhenPositive: orNull(value.scoreWhenPositive[at]),
      scoreWhenNegative: orNull(value.scoreWhenNegative[at]),
      rowCount: value.rowCount,
    }));
}

/** Of the score: normal, from the standard error of the mean; null with one row. Throws BAD_USER_INPUT for a level that is none. */
export function saliencyInterval(
  { rowCount, score, scoreDeviation }: PlayerSaliency,
  level: number,
): ConfidenceInterval | null {
  const margin = normalMargin(scoreDeviation / Math.sqrt(rowCount - 1), level);
  if (rowCount < 2) return null;
  return { low: Math.max(0, score - margin), high: score + margin, level };
}

/** The mean target at the baseline, where the method has one. Throws ANALYSIS_FAILED where it is infinite or NaN on some row. */
export function baselineValueOf({ answer: { value } }: SaliencyOfModel): number | null {
  const { baselineValue } = value;
  if (baselineValue === undefined || Number.isFinite(baselineValue)) return baselineValue ?? null;
  throw notFinite('The target at the baseline', undefined);
}
