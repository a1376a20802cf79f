import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { analysisOfKind, namesOf } from '../../src/analysis/registry.ts';
import { readTable } from '../../src/analysis/tables/read-table.ts';
import { figuresOf } from './figures.ts';
import { Folds, grouped, type Question, type Row } from './folds.ts';
import { attributions, lending, ofRows, ofTables, ofUnits, readings, scoresAlone, withShards } from './questions.ts';

let folds: Folds;
beforeAll(async () => {
  folds = await Folds.open();
});
afterAll(() => folds[Symbol.asyncDispose]());
const answer: Folds['answer'] = (...asked) => folds.answer(...asked);

test.each([
  ['fold', withShards],
  ['reading', [...readings, ...ofRows]],
  ['table', ofTables],
] as const)('the laws are about every analysis that there is of the kind %s', (kind, asked) => {
  expect(new Set(asked.map(({ name }) => name))).toEqual(new Set(namesOf(kind)));
});

/** Multiples of 1/8, so that products and sums of a few dozen rows are exact. */
const row: fc.Arbitrary<Row> = fc.record({
  x: fc
    .tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -40, max: 40 }))
    .map(([a, b]) => [a / 8, b / 8] as const),
  id: fc.constantFrom(0, 1, 2),
  label: fc.constantFrom(0, 1, null),
  group: fc.constantFrom(0, 1, 2),
});
/** At least one of them has a label. */
const rows = (minLength = 2) =>
  fc.array(row, { minLength, maxLength: 40 }).filter((all) => all.some(({ label }) => label !== null));

/**
 * Relative to the largest figure of its kind: a covariance of zero is what is left of products as large as the variances beside it.
 * And to no less than 1, which is what numbers of the rows, and so the sums that a smaller figure is left of, come to.
 */
function expectEqual(a: unknown, b: unknown, tolerance: number): void {
  const [figures, others] = [figuresOf(a), figuresOf(b)];
  const counts = (all: Map<string, number[]>) => new Map([...all].map(([place, { length }]) => [place, length]));
  expect(counts(figures)).toEqual(counts(others));
  for (const [place, values] of figures) {
    const right = others.get(place) as number[];
    const scale = Math.max(1, ...right.filter(Number.isFinite).map(Math.abs));
    for (const [at, value] of values.entries()) {
      const other = right[at] as number;
      if (Number.isNaN(other)) expect(value).toBeNaN();
      else expect(Math.abs(value - other), `${value} and ${other} in ${place}`).toBeLessThanOrEqual(tolerance * scale);
    }
  }
}

const named = (questions: readonly Question[]) =>
  questions.map((question) => [`${question.name} ${JSON.stringify(question.spec)}`, question] as const);
const runs = { numRuns: 8 };

describe.each(named(withShards))('%s', (_, question) => {
  const runs = { numRuns: attributions.includes(question) ? 6 : 8 };

  test('merged shards are the whole', () =>
    fc.assert(
      fc.asyncProperty(rows(4), fc.integer({ min: 1, max: 9 }), fc.nat(), async (all, batchRows, cut) => {
        // Batches are the same ones, so that nothing but the merging differs.
        const at = batchRows * (1 + (cut % Math.ceil(all.length / batchRows)));
        expectEqual(
          await answer(question, [all.slice(0, at), all.slice(at)], batchRows),
          await answer(question, [all], batchRows),
          question.tolerance ?? 1e-9,
        );
      }),
      runs,
    ));

  test('the size of batches does not matter', () => sizesDoNotMatter(question, runs));

  test('batches that run at the same time give what they give one after the other', () => lanesDoNotMatter(question));
});

describe.each(named(lending))('%s, whose other rows lie in any batch', (_, question) => {
  test('the size of batches does not matter', () => sizesDoNotMatter(question, runs));

  test('batches that run at the same time give what they give one after the other', () => lanesDoNotMatter(question));
});

const lanesDoNotMatter = (question: Question) =>
  fc.assert(
    fc.asyncProperty(rows(9), fc.integer({ min: 1, max: 3 }), async (all, batchRows) => {
      expectEqual(
        await answer(question, [all], batchRows, { inLanes: true }),
        await answer(question, [all], batchRows),
        0,
      );
    }),
    { numRuns: 3 },
  );

const sizesDoNotMatter = (question: Question, { numRuns }: { numRuns: number }) =>
  fc.assert(
    fc.asyncProperty(rows(question.fewestRows), fc.integer({ min: 1, max: 7 }), async (all, batchRows) => {
      expectEqual(await answer(question, [all], batchRows), await answer(question, [all], 64), 1e-6);
    }),
    { numRuns },
  );

describe.each(readings)('$name', ({ name, spec, parts = scoresAlone, namesRows }) => {
  const read = async (shards: readonly (readonly Row[])[], batchRows: number): Promise<unknown> => {
    const own = await parts((question) => answer(question, shards, batchRows));
    return analysisOfKind('reading', name).read(spec, own, grouped(shards.flat()));
  };

  test('of merged shards is that of the whole', () =>
    fc.assert(
      fc.asyncProperty(rows(4), fc.integer({ min: 1, max: 9 }), fc.nat(), async (all, batchRows, cut) => {
        const at = batchRows * (1 + (cut % Math.ceil(all.length / batchRows)));
        expectEqual(await read([all.slice(0, at), all.slice(at)], batchRows), await read([all], batchRows), 1e-9);
      }),
      runs,
    ));

  if (namesRows) return;
  test('does not depend on the order of the rows', () =>
    fc.assert(
      fc.asyncProperty(rows(), async (all) => {
        expectEqual(await read([all.toReversed()], 64), await read([all], 64), 1e-9);
      }),
      runs,
    ));
});

/** Entries of three numbers each. */
const entries = fc.array(fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: -9, max: 9 }))), {
  minLength: 4,
  maxLength: 30,
});

test.each(ofTables)('$name does not depend on the size of blocks', ({ name, spec }) => {
  const read = (all: readonly number[][], blockEntries: number) =>
    readTable(
      {
        entryCount: all.length,
        dimension: 3,
        async *blocks(first, end) {
          for (let at = first; at < end; at += blockEntries)
            yield Float32Array.from(all.slice(at, Math.min(end, at + blockEntries)).flat());
        },
        close: async () => undefined,
      },
      [{ analysis: analysisOfKind('table', name), spec }],
    );
  return fc.assert(
    fc.asyncProperty(entries, fc.integer({ min: 1, max: 9 }), async (all, blockEntries) => {
      expectEqual(await read(all, blockEntries), await read(all, all.length), 1e-9);
    }),
    runs,
  );
});

test.each(ofUnits)('$name do not depend on the order of the rows', (question) =>
  fc.assert(
    fc.asyncProperty(rows(), async (all) => {
      expectEqual(await answer(question, [all.toReversed()], 64), await answer(question, [all], 64), 1e-6);
    }),
    runs,
  ),
);

test('a unit that is twice another has twice its moments and four times its variance', () =>
  fc.assert(
    fc.asyncProperty(rows(), async (all) => {
      const figures = {
        ...((await answer({ name: 'moments', spec: { layer: 'hidden' } }, [all], 64)) as Record<string, Float64Array>),
        ...((await answer({ name: 'extremes', spec: { layer: 'hidden' } }, [all], 64)) as Record<string, Float64Array>),
      };
      for (const figure of ['mean', 'standardDeviation', 'minimum', 'maximum'])
        expectEqual(figures[figure]?.[1], 2 * (figures[figure]?.[0] as number), 1e-6);
      const { covariance } = (await answer({ name: 'covariance', spec: { layer: 'hidden' } }, [all], 64)) as {
        covariance: Float64Array;
      };
      expectEqual(
        [covariance[1], covariance[4]],
        [2, 4].map((factor) => factor * (covariance[0] as number)),
        1e-6,
      );
    }),
    runs,
  ));
