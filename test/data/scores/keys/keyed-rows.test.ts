import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Condition, KeyedRows, Walker } from '../../../../src/data/scores/keys/keyed-rows.ts';
import { sortKeys } from '../../../../src/data/scores/keys/keys.ts';
import { keyedRows } from '../../../../src/data/scores/keys/open.ts';
import type { Precision } from '../../../../src/data/scores/scale.ts';

interface Row {
  readonly score: number;
  readonly label: number;
  readonly codes: readonly [number, number];
}

/** In memory, or in DuckDB. */
async function rowsOf(
  rows: readonly Row[],
  cellsInMemory: number,
  precision: Precision = 'float32',
): Promise<KeyedRows> {
  const keyed = await keyedRows({ rowCount: rows.length, columnCount: 2, precision, cellsInMemory });
  const Outputs = precision === 'float64' ? Float64Array : Float32Array;
  for (const part of [rows.slice(0, 3), rows.slice(3)])
    keyed.add(
      {
        outputs: Outputs.from(part.map(({ score }) => score)),
        label: Uint8Array.from(part, ({ label }) => label),
      },
      [0, 1].map((column) => Int32Array.from(part, ({ codes }) => codes[column] as number)),
    );
  return keyed;
}

type Told = (readonly [number, number, number] | readonly number[] | 'end')[];

async function told(keyed: KeyedRows, columns: readonly number[], where?: readonly Condition[]): Promise<Told> {
  const all: Told = [];
  const walker: Walker = {
    begin: (codes) => void all.push([...codes]),
    tie: (score, positives, negatives) => void all.push([score, positives, negatives]),
    end: () => void all.push('end'),
  };
  await keyed.walk(columns, walker, where);
  return all;
}

const four: Row[] = [
  { score: 0.5, label: 1, codes: [0, 1] },
  { score: 0.25, label: 0, codes: [1, 1] },
  { score: 0.5, label: 0, codes: [0, 0] },
  { score: 1, label: 1, codes: [-1, 0] },
];

describe.each([
  ['in memory', 1e9],
  ['spilled', 0],
])('keyed rows %s', (_, cells) => {
  test('without columns are one group, scores descending, equal ones together', async () => {
    expect(await told(await rowsOf(four, cells), [])).toEqual([[], [1, 1, 0], [0.5, 1, 1], [0.25, 0, 1], 'end']);
  });

  test('are grouped by a column, those without a code in none', async () => {
    expect(await told(await rowsOf(four, cells), [0])).toEqual([[0], [0.5, 1, 1], 'end', [1], [0.25, 0, 1], 'end']);
  });

  test('are grouped by two columns', async () => {
    const groups = [[0, 0], [0.5, 0, 1], 'end', [0, 1], [0.5, 1, 0], 'end', [1, 1], [0.25, 0, 1], 'end'];
    expect(await told(await rowsOf(four, cells), [0, 1])).toEqual(groups);
  });

  test('are narrowed to a code', async () => {
    expect(await told(await rowsOf(four, cells), [], [{ column: 1, code: 0 }])).toEqual([
      [],
      [1, 1, 0],
      [0.5, 0, 1],
      'end',
    ]);
    expect(await told(await rowsOf(four, cells), [0], [{ column: 1, code: 9 }])).toEqual([]);
  });

  test('may be none', async () => {
    expect(await told(await rowsOf([], cells), [])).toEqual([]);
  });
});

test.each(['float32', 'float64'] as const)('spilled or not, outputs of %s tell the same', async (precision) => {
  const row = fc.record({
    score: fc.oneof(
      fc.integer({ min: -8, max: 8 }).map((eighth) => eighth / 8),
      fc.constantFrom(-0, 1e30, -1e-30, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    ),
    label: fc.integer({ min: 0, max: 1 }),
    codes: fc.tuple(fc.integer({ min: -1, max: 3 }), fc.integer({ min: -1, max: 2 })),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 60 }), async (rows) => {
      const [memory, spilled] = [await rowsOf(rows, 1e9, precision), await rowsOf(rows, 0, precision)];
      for (const columns of [[], [0], [1], [0, 1], [1, 0]])
        expect(await told(spilled, columns)).toEqual(await told(memory, columns));
      const scanned = async (keyed: KeyedRows) => {
        const seen: string[] = [];
        await keyed.scan(({ outputs, label }, codes) => {
          for (const [at, own] of label.entries())
            seen.push([outputs[at], own, ...codes.map((code) => code[at])].join());
        });
        return seen.sort();
      };
      expect(await scanned(spilled)).toEqual(await scanned(memory));
      spilled.close();
    }),
    { numRuns: 20 },
  );
});

test('many keys are sorted as few are', () => {
  const keys = Uint32Array.from({ length: 50_000 }, (_, at) => (at * 2_654_435_761) >>> 0);
  expect(sortKeys(keys.slice())).toEqual(keys.slice().sort());
});

test('codes that take more than 16 bits are codes like others', async () => {
  const rows: Row[] = [
    { score: 0.5, label: 1, codes: [0, -1] },
    { score: 0.25, label: 0, codes: [-1, 0] },
    { score: 0.75, label: 0, codes: [65_534, 1] },
    { score: 1, label: 1, codes: [65_535, 70_000] },
  ];
  const keyed = await rowsOf(rows, 1e9);
  const one = [[0], [0.5, 1, 0], 'end', [65_534], [0.75, 0, 1], 'end', [65_535], [1, 1, 0], 'end'];
  expect(await told(keyed, [0])).toEqual(one);
  const two = [[65_534, 1], [0.75, 0, 1], 'end', [65_535, 70_000], [1, 1, 0], 'end'];
  expect(await told(keyed, [0, 1])).toEqual(two);
});
