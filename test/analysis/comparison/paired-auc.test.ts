import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Paired, pairedAuc } from '../../../src/analysis/comparison/paired-auc.ts';

const paired = (base: readonly number[], candidate: readonly number[]): Paired => ({
  base: Float64Array.from(base),
  candidate: Float64Array.from(candidate),
});

test('two models of which one puts two rows of four right, the other all', () => {
  const { baseAuc, candidateAuc, differenceVariance } = pairedAuc(paired([4, 1], [4, 3]), paired([3, 2], [1, 2]));
  expect(baseAuc).toBe(0.5);
  expect(candidateAuc).toBe(1);
  // Placements differ by 0 and 1 among the positives, by ½ and ½ among the negatives.
  expect(differenceVariance).toBe(0.25);
});

test('a class of one row has no variance, and without a class there is no AUC', () => {
  expect(pairedAuc(paired([1], [2]), paired([0, 3], [1, 1])).differenceVariance).toBeNaN();
  expect(pairedAuc(paired([], []), paired([0, 3], [1, 1])).baseAuc).toBeNaN();
});

const scores = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 6 })), {
  minLength: 2,
  maxLength: 30,
});
const ofPairs = (pairs: readonly (readonly [number, number])[]): Paired =>
  paired(
    pairs.map(([base]) => base),
    pairs.map(([, candidate]) => candidate),
  );

/** By the definition: the mean over all pairs, ties by half. */
function aucByPairs(positives: Float64Array, negatives: Float64Array): number {
  let won = 0;
  for (const positive of positives)
    for (const negative of negatives) won += positive > negative ? 1 : positive === negative ? 0.5 : 0;
  return won / positives.length / negatives.length;
}

test('law: AUCs are those of all pairs, and swapped models differ as much the other way', () => {
  fc.assert(
    fc.property(scores, scores, (a, b) => {
      const [positives, negatives] = [ofPairs(a), ofPairs(b)];
      const found = pairedAuc(positives, negatives);
      expect(found.baseAuc).toBeCloseTo(aucByPairs(positives.base, negatives.base), 12);
      expect(found.candidateAuc).toBeCloseTo(aucByPairs(positives.candidate, negatives.candidate), 12);
      const swapped = pairedAuc(
        { base: positives.candidate, candidate: positives.base },
        { base: negatives.candidate, candidate: negatives.base },
      );
      expect(swapped.candidateAuc).toBe(found.baseAuc);
      expect(swapped.differenceVariance).toBeCloseTo(found.differenceVariance, 12);
      expect(
        pairedAuc(
          { base: positives.base, candidate: positives.base },
          { base: negatives.base, candidate: negatives.base },
        ).differenceVariance,
      ).toBe(0);
    }),
  );
});
