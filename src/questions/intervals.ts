import jstat from 'jstat';
import { badUserInput } from '../errors.ts';

/** A confidence interval: the level is above 0 and below 1. */
export interface ConfidenceInterval {
  readonly low: number;
  readonly high: number;
  readonly level: number;
}

/** What most people mean by an interval. */
export const usualLevel = 0.95;

/** How far a normal interval reaches to either side. Throws BAD_USER_INPUT for a level that is none. */
export function normalMargin(standardError: number, level: number): number {
  if (!(level > 0 && level < 1)) throw badUserInput('level', `\`level\` is ${level}; it must be above 0 and below 1.`);
  return jstat.normal.inv((1 + level) / 2, 0, 1) * standardError;
}

/** Normal, clipped to [0, 1], for an AUC with DeLong's variance; null where the variance does not exist. Throws BAD_USER_INPUT. */
export function aucInterval(
  { auc, aucVariance }: { readonly auc: number; readonly aucVariance: number },
  level: number,
): ConfidenceInterval | null {
  const margin = normalMargin(Math.sqrt(aucVariance), level);
  if (!Number.isFinite(auc) || !Number.isFinite(aucVariance)) return null;
  return { low: Math.max(0, auc - margin), high: Math.min(1, auc + margin), level };
}

/** Two-sided, of a normal statistic: 0 where it is below 1e-15; null without a variance, or with a variance of zero. */
export function normalPValue(difference: number, variance: number): number | null {
  if (!(variance > 0) || !Number.isFinite(difference)) return null;
  return 2 * jstat.normal.cdf(-Math.abs(difference) / Math.sqrt(variance), 0, 1);
}

/** Normal, clipped to [−1, 1], for the difference of two AUCs; null where its variance does not exist. Throws BAD_USER_INPUT. */
export function differenceInterval(difference: number, variance: number, level: number): ConfidenceInterval | null {
  const margin = normalMargin(Math.sqrt(variance), level);
  if (!Number.isFinite(difference) || !Number.isFinite(margin)) return null;
  return { low: Math.max(-1, difference - margin), high: Math.min(1, difference + margin), level };
}
