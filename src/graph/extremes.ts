import type { ExtremesResult } from '../analysis/units/extremes.ts';

/** A unit counts as saturated when nearly all of its observations lie at a bound of its activation. */
const saturatedFrom = 0.95;

export const zeroFraction = ({ zeroCount, observationCount }: ExtremesResult, unit: number): number =>
  (zeroCount[unit] as number) / observationCount;
export const saturatedFraction = ({ saturatedCount, observationCount }: ExtremesResult, unit: number): number =>
  (saturatedCount[unit] as number) / observationCount;
export const isSaturated = (extremes: ExtremesResult, unit: number): boolean =>
  saturatedFraction(extremes, unit) >= saturatedFrom;
