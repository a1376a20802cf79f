import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shiftOfCounts, shiftOfNumbers } from '../../../src/analysis/shift/shift.ts';
import { shiftOfStretches } from '../../../src/analysis/shift/stretches.ts';
import {
  addValues,
  type Bucket,
  bucketsOf,
  divide,
  mergeValues,
  noValues,
} from '../../../src/analysis/shift/value-counts.ts';

const sorted = (values: Iterable<number>): Float64Array => Float64Array.from(values).sort();
const upTo = (count: number, from = 1): Float64Array => Float64Array.from({ length: count }, (_, at) => from + at);

describe('two samples of numbers', () => {
  test('lie as far apart as their bins and distribution functions say', () => {
    // Ten values in each bin of the reference; all of the current ones are above its median.
    const { psi, jensenShannon, ks, wasserstein } = shiftOfNumbers(upTo(100), upTo(50, 51));
    expect(ks).toBe(0.5);
    expect(wasserstein).toBe(25);
    const empty = (0.1 - 1e-4) * Math.log(0.1 / 1e-4);
    expect(psi).toBeCloseTo(5 * empty + 5 * 0.1 * Math.log(2), 12);
    expect(jensenShannon).toBeCloseTo(0.5 * (0.5 + 0.5 * Math.log2(2 / 3) + Math.log2(4 / 3)), 12);
  });

  test('may have ties: equal cut points are one', () => {
    const { psi, ks } = shiftOfNumbers(sorted([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]), sorted([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]));
    expect(ks).toBeCloseTo(0.4, 12);
    expect(psi).toBeGreaterThan(0);
  });

  test('one of which is empty, or both: their distance does not exist', () => {
    expect(shiftOfNumbers(upTo(10), sorted([]))).toMatchObject({
      jensenShannon: 1,
      ks: Number.NaN,
      wasserstein: Number.NaN,
    });
    expect(shiftOfNumbers(sorted([]), sorted([]))).toMatchObject({ psi: 0, jensenShannon: 0, ks: Number.NaN });
  });

  test('may reach to infinity', () => {
    const ends = sorted([Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY]);
    expect(shiftOfNumbers(ends, ends)).toEqual({ psi: 0, jensenShannon: 0, ks: 0, wasserstein: 0 });
    expect(shiftOfNumbers(ends, sorted([0, 1]))).toMatchObject({ wasserstein: Number.NaN });
  });
});

const numbers = fc.array(
  fc.oneof(fc.integer({ min: -5, max: 5 }), fc.float({ noNaN: true, noDefaultInfinity: true })),
  {
    minLength: 1,
    maxLength: 60,
  },
);

describe('law', () => {
  test('equal samples are no distance apart, and distances are the same both ways', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(shiftOfNumbers(sorted(a), sorted(a))).toEqual({ psi: 0, jensenShannon: 0, ks: 0, wasserstein: 0 });
        const [there, back] = [shiftOfNumbers(sorted(a), sorted(b)), shiftOfNumbers(sorted(b), sorted(a))];
        expect(there.ks).toBeCloseTo(back.ks, 12);
        expect(Math.abs(there.wasserstein - back.wasserstein)).toBeLessThanOrEqual(1e-9 * Math.abs(there.wasserstein));
      }),
    );
  });

  test('shares of bins move by their order in no way, and swapped ones are as far apart', () => {
    const counts = fc.array(fc.tuple(fc.nat({ max: 50 }), fc.nat({ max: 50 })), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counts, (bins) => {
        const [a, b] = [bins.map(([one]) => one), bins.map(([, other]) => other)];
        const [there, back] = [shiftOfCounts(a, b), shiftOfCounts(b.toReversed(), a.toReversed())];
        expect(there.psi).toBeCloseTo(back.psi, 9);
        expect(there.jensenShannon).toBeCloseTo(back.jensenShannon, 9);
        expect(there.jensenShannon).toBeGreaterThanOrEqual(0);
        expect(there.jensenShannon).toBeLessThanOrEqual(1);
      }),
    );
  });
});

const share = 1 / 200;
function sketched(shards: readonly Float32Array[]): Bucket[] {
  let whole = noValues();
  for (let sweep = 0; ; sweep++) {
    const states = shards.map((values) => {
      const state = structuredClone(whole);
      addValues(state, values, sweep);
      return state;
    });
    whole = states.reduce((a, b) => {
      mergeValues(a, b, sweep);
      return a;
    });
    if (!divide(whole, sweep, share)) return bucketsOf(whole);
  }
}

/** Normal, or nearly constant far from zero, or with much weight on one value, or on a few: what units do. */
const drawn = fc
  .record({
    seed: fc.integer({ min: 1 }),
    count: fc.integer({ min: 500, max: 4000 }),
    mean: fc.constantFrom(0, 1, -40, 1e4),
    deviation: fc.constantFrom(1e-3, 1, 30),
    form: fc.constantFrom('normal', 'relu', 'steps', 'two'),
  })
  .map(({ seed, count, mean, deviation, form }) => {
    let state = seed >>> 0;
    const uniform = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    return Float32Array.from({ length: count }, () => {
      const normal = Array.from({ length: 12 }, uniform).reduce((sum, one) => sum + one, -6);
      if (form === 'relu') return Math.max(0, normal * deviation);
      if (form === 'steps') return mean + Math.round(normal * 3) * deviation;
      if (form === 'two') return uniform() < 0.3 ? 0 : mean + normal * deviation * 1e-3;
      return mean + normal * deviation;
    });
  });

describe('law: a sketch', () => {
  test('gives what the values themselves give, within 0.01', () => {
    fc.assert(
      fc.property(drawn, drawn, (a, b) => {
        const exact = shiftOfNumbers(sorted(a), sorted(b));
        const found = shiftOfStretches(sketched([a]), sketched([b]));
        expect(Math.abs(found.ks - exact.ks)).toBeLessThan(0.01);
        const range = Math.max(...a, ...b) - Math.min(...a, ...b);
        expect(Math.abs(found.wasserstein - exact.wasserstein)).toBeLessThan(0.01 * range + 1e-12);
        expect(Math.abs(found.jensenShannon - exact.jensenShannon)).toBeLessThan(0.02);
      }),
      { numRuns: 60 },
    );
  });

  test('is exact of few values', () => {
    const few = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 150 });
    fc.assert(
      fc.property(few, few, (a, b) => {
        const exact = shiftOfNumbers(sorted(a), sorted(b));
        const found = shiftOfStretches(sketched([Float32Array.from(a)]), sketched([Float32Array.from(b)]));
        for (const name of ['psi', 'jensenShannon', 'ks', 'wasserstein'] as const)
          expect(found[name]).toBeCloseTo(exact[name], 9);
      }),
    );
  });

  test('of shards is that of the whole', () => {
    fc.assert(
      fc.property(drawn, fc.nat(), (values, at) => {
        const cut = at % values.length;
        expect(sketched([values.subarray(0, cut), values.subarray(cut)])).toEqual(sketched([values]));
      }),
      { numRuns: 20 },
    );
  });

  test('leaves out what is not finite, and takes −0 for 0', () => {
    const values = Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 3);
    expect(sketched([values])).toEqual([
      { low: 0, high: 0, count: 2 },
      { low: 3, high: 3, count: 1 },
    ]);
  });
});
