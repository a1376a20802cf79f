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
