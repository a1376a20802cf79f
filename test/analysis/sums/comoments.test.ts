import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Comoments,
  correlations,
  emptyComoments,
  fromShiftedSums,
  mergeComoments,
} from '../../../src/analysis/sums/comoments.ts';

/** One variable x with y, each shifted by a number near its mean, as a batch gives it. */
function momentsOf(pairs: readonly (readonly [number, number])[], shift = 0): Comoments {
  const sum = (term: (x: number, y: number) => number): number =>
    pairs.reduce((total, [x, y]) => total + term(x - shift, y - shift), 0);
  return fromShiftedSums({
    count: pairs.length,
    shiftX: [shift],
    shiftY: shift,
    sumX: [sum((x) => x)],
    sumY: sum((_, y) => y),
    sumXX: [sum((x) => x * x)],
    sumYY: sum((_, y) => y * y),
    sumXY: [sum((x, y) => x * y)],
  });
}

test('by hand', () => {
  const moments = momentsOf(
    [
      [1, 2],
      [2, 4],
      [3, 6],
      [6, 12],
    ],
    3,
  );
  expect(moments).toMatchObject({ count: 4, meanY: 6, squaresY: 56 });
  expect([moments.meanX[0], moments.squaresX[0], moments.products[0]]).toEqual([3, 14, 28]);
  expect(correlations(moments)[0]).toBe(1);
});

test('a correlation with a constant does not exist', () => {
  expect(
    correlations(
      momentsOf([
        [1, 5],
        [2, 5],
      ]),
    )[0],
  ).toBeNaN();
  expect(correlations(emptyComoments(1))[0]).toBeNaN();
});

test('merged shards equal the whole', () => {
  const value = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  const shard = fc.array(fc.tuple(value, value), { maxLength: 20 });
  fc.assert(
    fc.property(shard, shard, shard, (a, b, c) => {
      const merged = mergeComoments(mergeComoments(momentsOf(a), momentsOf(b)), momentsOf(c));
      const whole = momentsOf([...a, ...b, ...c]);
      expect(merged.count).toBe(whole.count);
      for (const name of ['meanX', 'squaresX', 'products'] as const)
        expect(merged[name][0]).toBeCloseTo(whole[name][0] as number, 4);
      expect(merged.squaresY).toBeCloseTo(whole.squaresY, 4);
    }),
  );
});
