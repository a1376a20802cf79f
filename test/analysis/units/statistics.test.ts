import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type CovarianceResult,
  correlationsBetween,
  effectiveRank,
  mostVarying,
} from '../../../src/analysis/units/covariance.ts';
import { type DistributionResult, histogramOf, quantilesOf } from '../../../src/analysis/units/distribution.ts';
import type { ExtremesResult } from '../../../src/analysis/units/extremes.ts';
import type { MomentsResult } from '../../../src/analysis/units/moments.ts';
import type { TopExamplesResult } from '../../../src/analysis/units/top-examples.ts';
import { answersOf } from '../../support/pass.ts';
import { type StatisticsNet, statisticsNet } from '../../support/statistics-nets.ts';

/** A net's layers that NumPy has looked at. */
const layers: [StatisticsNet, string][] = [
  ['dense', 'hidden'],
  ['dense', 'bounded'],
  ['convolution', 'map'],
  ['sequence', 'looked'],
  ['sequence', 'steps'],
];

/** Of sums over the 1,500 rows of a batch in float32, of numbers that are shifted to be about zero. */
const float32Sums = 1e-6;

const expectClose = (actual: ArrayLike<number>, wanted: readonly (number | null)[], tolerance: number): void => {
  const scale = Math.max(1, ...wanted.map((value) => Math.abs(value ?? 0)));
  expect(actual).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    if (value === null) expect(actual[at]).toBeNaN();
    else
      expect(Math.abs((actual[at] as number) - value), `at ${at}: ${actual[at]} for ${value}`).toBeLessThanOrEqual(
        tolerance * scale,
      );
};

describe.each(layers)('the net %s, layer %s, as NumPy sees it', (net, layer) => {
  const expected = JSON.parse(readFileSync(`test/fixtures/statistics/${net}.json`, 'utf8'))[layer];
  const units = expected.mean.length as number;
  let moments: MomentsResult;
  let extremes: ExtremesResult;
  let covariance: CovarianceResult;
  let distribution: DistributionResult;
  let examples: TopExamplesResult[];

  beforeAll(async () => {
    const ofLayer = ['moments', 'extremes', 'covariance', 'distribution'].map((name) => ({ name, spec: { layer } }));
    const ofUnits = Array.from({ length: units }, (_, unit) => ({ name: 'topExamples', spec: { layer, unit } }));
    const answers = await answersOf(statisticsNet(net), [...ofLayer, ...ofUnits]);
    [moments, extremes, covariance, distribution] = answers as [
      MomentsResult,
      ExtremesResult,
      CovarianceResult,
      DistributionResult,
    ];
    examples = answers.slice(4) as TopExamplesResult[];
  });

  test('moments and correlations with label and score', () => {
    expect(moments.observationCount).toBe(expected.observationCount);
    for (const figure of ['mean', 'standardDeviation', 'meanWhenPositive', 'meanWhenNegative'] as const)
      expectClose(moments[figure], expected[figure], float32Sums);
    for (const figure of ['correlationWithLabel', 'correlationWithScore'] as const)
      expectClose(moments[figure], expected[figure], float32Sums);
  });

  test('extremes', () => {
    expect(extremes.observationCount).toBe(expected.observationCount);
    for (const figure of ['minimum', 'maximum', 'zeroCount'] as const)
      expect([...extremes[figure]]).toEqual(expected[figure]);
  });

  test('saturation, where the activation has two bounds', () => {
    expect([...extremes.saturatedCount]).toEqual(layer === 'bounded' ? expected.nearBound : new Array(units).fill(0));
  });

  test('covariance, correlations and effective rank', () => {
    expect(covariance.observationCount).toBe(expected.observationCount);
    expectClose(covariance.covariance, expected.covariance.flat(), 1e-6);
    expect(effectiveRank(covariance)).toBeCloseTo(expected.effectiveRank, 5);
    const variance = (unit: number): number => expected.covariance[unit][unit];
    const [strongest] = mostVarying(covariance, 1) as [number];
    expect(variance(strongest)).toBe(Math.max(...Array.from({ length: units }, (_, unit) => variance(unit))));
    for (const [i, line] of correlationsBetween(covariance, [...Array(units).keys()]).entries())
      expectClose(
        line,
        line.map((_, j) =>
          variance(i) * variance(j) === 0 ? null : expected.covariance[i][j] / Math.sqrt(variance(i) * variance(j)),
        ),
        1e-6,
      );
  });

  test('quantiles within a 1200th of the range', () => {
    for (let unit = 0; unit < units; unit++) {
      const range = expected.maximum[unit] - expected.minimum[unit];
      for (const [share, values] of Object.entries(expected.quantiles as Record<string, number[]>)) {
        const [value] = quantilesOf(distribution, unit, [Number(share)]) as [number];
        expect(Math.abs(value - (values[unit] as number))).toBeLessThanOrEqual(range / 1200 + 1e-6);
      }
    }
  });

  test('histograms: exact where their bins divide 1200, and all of them sum to the observations', () => {
    for (let unit = 0; unit < units; unit++) {
      if (expected.minimum[unit] === expected.maximum[unit]) continue;
      const forty = histogramOf(distribution, unit, 40);
      expect(forty.counts).toEqual(expected.histograms['40'][unit]);
      expect(forty.positiveCounts).toEqual(expected.positiveHistogram[unit]);
      const { counts } = histogramOf(distribution, unit, 7);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(expected.observationCount);
      expectClose(counts, expected.histograms['7'][unit], 0.02);
    }
  });

  test('the rows on which a neuron is strongest, ties by row', () => {
    expect(examples.map(({ row }) => row.slice(0, 20))).toEqual(expected.topRows);
  });
});
