import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OrderStatistics } from '../../../src/data/scores/order-statistics.ts';

test.each([
  ['in memory', 1e9],
  ['spilled', 0],
])('numbers by their place, %s', (_, numbersInMemory) =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 1 }), async (numbers) => {
      using ordered = new OrderStatistics({ rowCount: numbers.length + 1, numbersInMemory });
      await ordered.add(Float64Array.of(Number.NaN, ...numbers.slice(0, 2)));
      await ordered.add(Float64Array.from(numbers.slice(2)));
      expect(ordered.count).toBe(numbers.length);
      const last = numbers.length - 1;
      const sorted = numbers.toSorted((a, b) => a - b);
      expect(await ordered.at([0, 0, last])).toEqual([sorted[0], sorted[0], sorted[last]]);
    }),
    { numRuns: 20 },
  ),
);

test('infinities are numbers', async () => {
  using ordered = new OrderStatistics({ rowCount: 3, numbersInMemory: 0 });
  await ordered.add(Float64Array.of(Number.POSITIVE_INFINITY, 0, Number.NEGATIVE_INFINITY));
  expect(await ordered.at([0, 1, 2])).toEqual([Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY]);
});
