import { type CovarianceResult, correlationsBetween, mostVarying } from '../../analysis/units/covariance.ts';
import { type DistributionResult, quantilesOf } from '../../analysis/units/distribution.ts';
import type { ExtremesResult } from '../../analysis/units/extremes.ts';
import type { MomentsResult } from '../../analysis/units/moments.ts';
import { badUserInput } from '../../errors.ts';
import { analysisLimits } from '../../limits.ts';
import { wholeBetween } from '../arguments.ts';
import { orNull } from '../or-null.ts';

/** A unit counts as saturated when nearly all of its observations lie at a bound of its activation. */
const saturatedFrom = 0.95;

export const unitsOf = ({ mean }: MomentsResult): number[] => Array.from(mean, (_, unit) => unit);

/** Constant on every observation. */
export const isDead = ({ standardDeviation }: MomentsResult, unit: number): boolean => standardDeviation[unit] === 0;

export const deadUnits = (moments: MomentsResult): number[] => unitsOf(moments).filter((unit) => isDead(moments, unit));

/** Share of a unit's observations that are exactly zero. */
export const zeroFraction = ({ zeroCount, observationCount }: ExtremesResult, unit: number): number =>
  (zeroCount[unit] as number) / observationCount;

/** Share of a unit's observations at a bound of its activation; 0 where it has none or one. */
export const saturatedFraction = ({ saturatedCount, observationCount }: ExtremesResult, unit: number): number =>
  (saturatedCount[unit] as number) / observationCount;

export const isSaturated = (extremes: ExtremesResult, unit: number): boolean =>
  saturatedFraction(extremes, unit) >= saturatedFrom;

export const saturatedUnits = (extremes: ExtremesResult): number[] =>
  Array.from(extremes.saturatedCount, (_, unit) => unit).filter((unit) => isSaturated(extremes, unit));

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Share of all activations that are exactly zero. */
export const pooledZeroFraction = (extremes: ExtremesResult): number =>
  average(Array.from(extremes.zeroCount, (_, unit) => zeroFraction(extremes, unit)));

/** Over all units and observations. */
export const pooledMean = ({ mean }: MomentsResult): number => average([...mean]);

/** Over all units together: the mean of their variances plus the variance of their means. */
export function pooledDeviation({ mean, standardDeviation }: MomentsResult): number {
  const centre = average([...mean]);
  return Math.sqrt(
    average([...standardDeviation].map((deviation) => deviation ** 2)) +
      average([...mean].map((m) => (m - centre) ** 2)),
  );
}

export interface Correlations {
  readonly units: number[];
  /** A line for each unit; null where one is constant. */
  readonly values: (number | null)[][];
}

/** Pearson, between the `first` units with the largest standard deviation. */
export function strongestCorrelations(covariance: CovarianceResult, first: number): Correlations {
  const units = mostVarying(covariance, first);
  return { units, values: correlationsBetween(covariance, units).map((line) => line.map(orNull)) };
}

const usualShares: readonly number[] = [0.01, 0.25, 0.5, 0.75, 0.99];

/** Of a unit, at shares from 0 to 1. Throws BAD_USER_INPUT. */
export function quantilesAt(
  distribution: DistributionResult,
  unit: number,
  at: readonly number[] = usualShares,
): { readonly at: number; readonly value: number }[] {
  const bad = at.find((share) => !(share >= 0 && share <= 1));
  if (bad !== undefined) throw badUserInput('at', `\`at\` has ${bad}; shares lie between 0 and 1.`);
  const values = quantilesOf(distribution, unit, at);
  return at.map((share, position) => ({ at: share, value: values[position] as number }));
}

/** How many bins a histogram may be asked to have. Throws BAD_USER_INPUT. */
export const binsAsked = (bins: number): number => wholeBetween('bins', bins, 1, analysisLimits.distributionBins);
