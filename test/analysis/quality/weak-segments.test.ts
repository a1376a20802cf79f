import fc from 'fast-check';
import { expect, test } from 'vitest';
import { weakSegments } from '../../../src/analysis/quality/weak-segments.ts';
import { MemoryRows, scoresInMemory } from '../memory-rows.ts';

const score = fc.record({
  output: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
  label: fc.constantFrom(0, 1),
});
const segmentsOf = (all: readonly { output: number; label: number }[], groups: readonly string[]) =>
  weakSegments.read(
    { columns: ['group'], minimumRows: 1 },
    [
      scoresInMemory({
        row: Float64Array.from(all, (_, row) => row),
        output: Float64Array.from(all, ({ output }) => output),
        label: Int8Array.from(all, ({ label }) => label),
      }),
    ],
    new MemoryRows({ group: groups }),
  );

test('law: all rows together are no weak segment, in whatever order they are added up', () =>
  fc.assert(
    fc.asyncProperty(fc.array(score, { minLength: 1, maxLength: 300 }), async (all) => {
      const groups = all.map(() => 'a');
      expect(await segmentsOf(all, groups)).toEqual([]);
      expect(await segmentsOf(all.toReversed(), groups)).toEqual([]);
    }),
  ));

test('law: of two groups the one with the larger log loss is a weak segment, and the other is not', () =>
  fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 100 }), async (good, bad) => {
      const all = [...Array(good).fill({ output: 0.9, label: 1 }), ...Array(bad).fill({ output: 0.8, label: 1 })];
      const groups = [...Array(good).fill('good'), ...Array(bad).fill('bad')];
      expect(await segmentsOf(all, groups)).toMatchObject([{ slice: 'group = bad', rowCount: bad }]);
    }),
  ));
