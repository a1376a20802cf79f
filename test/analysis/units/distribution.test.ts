import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Subject } from '../../../src/analysis/analysis.ts';
import { distribution, histogramOf, quantilesOf } from '../../../src/analysis/units/distribution.ts';
import { float32 } from '../../../src/compute/tensor.ts';
import type { Batch } from '../../../src/data/types.ts';

const units = 2;
const subject = {
  graph: { layers: [{ name: 'hidden', units }], lookups: [] },
  features: [],
} as unknown as Subject;
const spec = { layer: 'hidden' };

/** Observations of every unit. */
type Rows = readonly (readonly number[])[];

/** A float32 that is about so many last bits further. */
const stepped = (value: number, steps: number): number => Math.fround(value + steps * Math.abs(value) * 2 ** -23);

const batchOf = (rowCount: number): Batch => ({
  rowCount,
  index: new Float64Array(rowCount),
  inputs: {},
  label: Float32Array.from({ length: rowCount }, (_, at) => at % 2),
  labelled: new Float32Array(rowCount).fill(1),
  columns: {},
  skippedRowCount: 0,
});

function* cut<One>(all: readonly One[], size: number): Generator<readonly One[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}

/** Rows as the first sweep has them, and as the second does. */
function distributed(first: Rows, second: Rows, batchRows: readonly [number, number]) {
  let state = distribution.start(spec, subject);
  const extreme = (rows: Rows, of: (...values: number[]) => number) =>
    float32(
      [units],
      [0, 1].map((unit) => of(...rows.map((row) => row[unit] as number))),
    );
  for (const rows of cut(first, batchRows[0])) {
    const outputs = {
      count: float32([], [rows.length]),
      minimum: extreme(rows, Math.min),
      maximum: extreme(rows, Math.max),
    };
    state = distribution.fold(state, outputs, batchOf(rows.length));
  }
  state = distribution.again?.(state) as typeof state;
  for (const rows of cut(second, batchRows[1])) {
    const values = float32(
      [units, rows.length],
      [0, 1].flatMap((unit) => rows.map((row) => row[unit] as number)),
    );
    state = distribution.fold(state, { values }, batchOf(rows.length));
  }
  return distribution.finish(state);
}

const value = fc.oneof(
  fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) }),
  fc.constantFrom(0, 1, Math.fround(0.1), Math.fround(-0.7)),
);
const wobblingRow = fc.tuple(
  fc.array(value, { minLength: units, maxLength: units }),
  fc.array(fc.integer({ min: -2, max: 2 }), { minLength: units, maxLength: units }),
);

test('every observation is in one bin of its own unit, however the sweeps are rounded and cut', () => {
  const batchRows = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(
      fc.array(wobblingRow, { minLength: 1, maxLength: 40 }),
      fc.tuple(batchRows, batchRows),
      fc.integer({ min: 1, max: 1500 }),
      (rows, sizes, wanted) => {
        const first = rows.map(([values]) => values);
        const second = rows.map(([values, steps]) => values.map((own, unit) => stepped(own, steps[unit] as number)));
        const found = distributed(first, second, sizes);
        for (const unit of [0, 1]) {
          const histogram = histogramOf(found, unit, wanted);
          const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
          expect(sum(histogram.counts)).toBe(rows.length);
          expect(Math.min(...histogram.counts)).toBeGreaterThanOrEqual(0);
          expect(sum(histogram.positiveCounts ?? [])).toBeLessThanOrEqual(rows.length);
          const [least, middle, most] = quantilesOf(found, unit, [0, 0.5, 1]) as [number, number, number];
          const own = first.map((row) => row[unit] as number);
          // With ===, which takes the zeros of either sign for one number.
          expect([least === Math.min(...own), most === Math.max(...own)]).toEqual([true, true]);
          expect(middle >= least && middle <= most).toBe(true);
        }
      },
    ),
    { numRuns: 300 },
  );
});
