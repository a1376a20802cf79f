import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AucMeasure, GroupedAuc, QualityMeasure } from '../../../src/analysis/quality/quality.ts';
import { eachTie, keysOf, sortKeys } from '../../../src/data/scores/keys/keys.ts';
import { MemoryKeys } from '../../../src/data/scores/keys/memory.ts';

function measured<Measure extends AucMeasure | QualityMeasure>(
  measure: Measure,
  score: number[],
  label: number[],
): Measure {
  const keysWith = (wanted: number) =>
    sortKeys(keysOf(Float32Array.from(score.filter((_, at) => label[at] === wanted))));
  eachTie({ positives: keysWith(1), negatives: keysWith(0) }, measure);
  return measure;
}
const qualityOf = (score: number[], label: number[]) =>
  measured(new QualityMeasure({ space: 'PROBABILITY' }), score, label).quality;
const aucOf = (score: number[], label: number[]) => measured(new AucMeasure(), score, label).auc;

describe('measures of a classifier', () => {
  test('by hand: three of four pairs are ordered, one is a tie', () => {
    // positives .75 and .5, negatives .5 and .25: wins 1 + 1 + ½ + 1 of 4
    const quality = qualityOf([0.75, 0.5, 0.5, 0.25], [1, 1, 0, 0]);
    expect(quality.auc).toBe(3.5 / 4);
    // placements of positives: 1, ¾; of negatives: ¾, 1; each variance 1/32, over two rows each
    expect(quality.aucVariance).toBe(1 / 32 / 2 + 1 / 32 / 2);
    // thresholds .75: recall ½ precision 1; .5: recall 1 precision 2/3
    expect(quality.prAuc).toBeCloseTo(0.5 + 0.5 * (2 / 3), 15);
    expect(quality.brier).toBe((1 / 16 + 1 / 4 + 1 / 4 + 1 / 16) / 4);
    expect(quality.calibrationRatio).toBe(1);
    expect(quality.logLoss).toBeCloseTo((-2 * Math.log(0.75) - 2 * Math.log(0.5)) / 4, 15);
    expect(quality.normalizedEntropy).toBeCloseTo(quality.logLoss / Math.log(2), 15);
  });

  test('what needs both classes does not exist with one', () => {
    const positives = qualityOf([0.2, 0.4], [1, 1]);
    expect([positives.auc, positives.aucVariance, positives.normalizedEntropy]).toEqual([NaN, NaN, NaN]);
    expect(positives.calibrationRatio).toBeCloseTo(0.3, 7);
    expect(positives.prAuc).toBe(1);
    const negatives = qualityOf([0.2, 0.4], [0, 0]);
    expect([negatives.auc, negatives.prAuc, negatives.calibrationRatio]).toEqual([NaN, NaN, NaN]);
  });

  test('scores of exactly 0 and 1 on the wrong side cost a clipped, finite loss', () => {
    expect(qualityOf([0, 1], [1, 0]).logLoss).toBeCloseTo(-Math.log(1e-15), 1);
    expect(qualityOf([-0, 0], [1, 0]).auc).toBe(0.5);
  });

  test('the AUC is the share of ordered pairs, whatever the scores', () => {
    const rows = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 1 })), { minLength: 1 });
    fc.assert(
      fc.property(rows, (pairs) => {
        const score = pairs.map(([value]) => value / 8);
        const label = pairs.map(([, value]) => value);
        const positives = score.filter((_, at) => label[at] === 1);
        const negatives = score.filter((_, at) => label[at] === 0);
        fc.pre(positives.length > 0 && negatives.length > 0);
        const wins = positives.flatMap((p) => negatives.map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
        const expected = wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
        expect(aucOf(score, label)).toBeCloseTo(expected, 12);
        expect(qualityOf(score, label).auc).toBeCloseTo(expected, 12);
      }),
    );
  });
});

describe('grouped AUC', () => {
  async function gaucOf(score: number[], label: number[], group: number[]): Promise<number> {
    const rows = new MemoryKeys(score.length, 1, 'float32');
    rows.add({ outputs: Float32Array.from(score), label: Uint8Array.from(label) }, [Int32Array.from(group)]);
    const grouped = new GroupedAuc();
    await rows.walk([0], grouped);
    return grouped.gauc;
  }

  test('weighs groups by rows and leaves out those with one label', async () => {
    // group 0: ordered (2 rows); group 1: reversed, with a third row (3 rows, AUC 0); group 2: one label
    const gauc = await gaucOf([0.9, 0.1, 0.2, 0.8, 0.5, 0.6], [1, 0, 1, 0, 0, 1], [0, 0, 1, 1, 1, 2]);
    expect(gauc).toBeCloseTo((2 * 1 + 3 * 0) / 5, 15);
    expect(await gaucOf([0.6], [1], [0])).toBeNaN();
  });

  test('rows without a group are in none', async () => {
    expect(await gaucOf([0.9, 0.1, 0.3], [1, 0, 0], [0, -1, 0])).toBe(1);
    expect(await gaucOf([0.9, 0.1, 0.95], [1, 0, 0], [0, 0, -1])).toBe(1);
  });
});
