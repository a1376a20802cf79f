import type { Completeness } from '../../analysis/attribution.ts';
import { notFinite } from '../not-finite.ts';

/** Throws ANALYSIS_FAILED where the target is infinite or NaN on some row, at the baseline or on the way. */
export function finiteGaps(completeness: Completeness): Completeness {
  if (Object.values(completeness).every(Number.isFinite)) return completeness;
  throw notFinite('The gap to what the target differs by from the baseline', undefined);
}

/** Whether the attributions add up: their mean absolute gap is at most 1% of the mean absolute f(x) − f(baseline). */
export const isConverged = ({ meanAbsoluteGap, meanAbsoluteDifference }: Completeness): boolean =>
  meanAbsoluteGap <= 0.01 * meanAbsoluteDifference;
