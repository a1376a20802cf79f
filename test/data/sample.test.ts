import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Tensor } from '../../src/compute/tensor.ts';
import { readBatches } from '../../src/data/batches/batches.ts';
import { bind } from '../../src/data/batches/bind.ts';
import { inspectDataset } from '../../src/data/files/inspect.ts';
import { countRows, type RowsInput, selectedIndexes, selectRows } from '../../src/data/rows.ts';
import { rowHash } from '../../src/data/sample.ts';
import type { DatasetRecord } from '../../src/data/types.ts';
import { temporaryFolder, writeParquet } from './parquet.ts';

const rowCount = 20_000;

/** x is the row's index, and a number that no model takes in every row whose index is odd. */
async function rows(cuts: readonly number[] = [], options = ''): Promise<DatasetRecord> {
  const folder = await temporaryFolder();
  const paths: string[] = [];
  for (const [at, from] of [0, ...cuts].entries()) {
    const select = `SELECT range AS x, range // 5000 AS day, CASE WHEN range % 2 = 1 THEN 'NaN'::DOUBLE ELSE range END AS y
                    FROM range(${from}, ${cuts[at] ?? rowCount})`;
    paths.push(await writeParquet(join(folder, `${at}.parquet`), select, options));
  }
  return inspectDataset(paths, { label: null, groupBy: null, partitionBy: 'day' });
}

async function read(dataset: DatasetRecord, input: RowsInput, { threads = 1, batchRows = 4096, column = 'x' } = {}) {
  const selection = selectRows(dataset, ['0', '1', '2', '3'], input);
  const manifest = {
    score: { output: 'y', index: 0, space: 'VALUE' as const },
    features: [{ kind: 'NUMERIC' as const, name: column, column, input: 'x', index: 0 }],
    vocabularies: {},
  };
  const bound = bind({ inputs: [{ name: 'x', dtype: 'float32', shape: [null] }] }, manifest, {}, dataset);
  const index: number[] = [];
  const values: number[] = [];
  let skipped = 0;
  for await (const batch of readBatches(dataset, selection, bound, { batchRows, threads })) {
    index.push(...batch.index);
    values.push(...((batch.inputs.x as Tensor).data as Float32Array));
    skipped += batch.skippedRowCount;
  }
  return { index, values, skipped, count: await countRows(dataset, selection) };
}

describe('a sample', () => {
  test('has as many rows as were asked for, in their order, each once, with its values', async () => {
    const { index, values, count } = await read(await rows(), { sample: 1000 });
    expect(index).toHaveLength(1000);
    expect(count).toBe(1000);
    expect(index).toEqual([...new Set(index)].sort((a, b) => a - b));
    expect(values).toEqual(index);
  });

  test('is the same on any number of threads, in batches of any size, over any number of files and row groups', async () => {
    const whole = await rows();
    const { index } = await read(whole, { sample: 500, seed: 7 });
    expect((await read(whole, { sample: 500, seed: 7 }, { threads: 4 })).index).toEqual(index);
    expect((await read(whole, { sample: 500, seed: 7 }, { batchRows: 33 })).index).toEqual(index);
    const cut = await rows([1, 2, 7000, 19_999], ', ROW_GROUP_SIZE 2048');
    expect((await read(cut, { sample: 500, seed: 7 }, { threads: 2 })).index).toEqual(index);
  });

  test('is another for another seed, and 0 is the seed that is not said', async () => {
    const dataset = await rows();
    const { index } = await read(dataset, { sample: 500 });
    expect((await read(dataset, { sample: 500, seed: 0 })).index).toEqual(index);
    const { index: other } = await read(dataset, { sample: 500, seed: 1 });
    // 500 of 20,000 rows, twice: 12.5 are in both on average.
    expect(other.filter((row) => index.includes(row)).length).toBeLessThan(40);
  });

  test('of a selection is drawn from what it selects', async () => {
    const dataset = await rows();
    const input = { partitions: ['1', '3'], where: [{ column: 'x', op: 'LT' as const, value: 15_100 }] };
    const all = await read(dataset, input);
    expect(all.index).toHaveLength(5100);
    const { index, count } = await read(dataset, { ...input, sample: 200 });
    expect(index).toHaveLength(200);
    expect(count).toBe(200);
    expect(index.every((row) => all.index.includes(row))).toBe(true);
  });

  test('of more rows than there are is all of them', async () => {
    const dataset = await rows();
    expect(selectRows(dataset, [], { sample: rowCount })).toEqual(selectRows(dataset, [], {}));
    const input = { where: [{ column: 'x', op: 'LT' as const, value: 10 }] };
    expect((await read(dataset, { ...input, sample: 100 })).index).toEqual((await read(dataset, input)).index);
  });

  test('is drawn before rows that the model cannot take are left out; others do not matter', async () => {
    const dataset = await rows();
    const { index } = await read(dataset, { sample: 1000 });
    const { index: taken, skipped } = await read(dataset, { sample: 1000, invalid: 'SKIP' }, { column: 'y' });
    expect(taken).toEqual(index.filter((row) => row % 2 === 0));
    expect(skipped).toBe(1000 - taken.length);
    const even = index.find((row) => row % 2 === 0) as number;
    const lone = {
      where: [
        { column: 'x', op: 'GTE' as const, value: even },
        { column: 'x', op: 'LTE' as const, value: even + 1 },
      ],
    };
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    const outcomes = await Promise.all(
      seeds.map((seed) =>
        read(dataset, { ...lone, sample: 1, seed }, { column: 'y' }).then(
          ({ index: [row] }) => row,
          () => 'refused',
        ),
      ),
    );
    expect(new Set(outcomes)).toEqual(new Set([even, 'refused']));
  });

  test('is paged through in its order', async () => {
    const dataset = await rows();
    const selection = selectRows(dataset, [], { sample: 7, where: [{ column: 'x', op: 'LT', value: 5000 }] });
    const first = await selectedIndexes(dataset, selection, { after: -1, count: 4 });
    const rest = await selectedIndexes(dataset, selection, { after: first.at(-1) as number, count: 4 });
    expect([first.length, rest.length]).toEqual([4, 3]);
    const { index } = await read(dataset, { sample: 7, where: [{ column: 'x', op: 'LT', value: 5000 }] });
    expect([...first, ...rest]).toEqual(index);
    const page = selectRows(dataset, [], { sample: 7, where: [{ column: 'x', op: 'LT', value: 5000 }], only: first });
    expect(await countRows(dataset, page)).toBe(4);
  });

  test.each([0, -1])('of %d rows is refused', async (sample) => {
    const dataset = await rows();
    expect(() => selectRows(dataset, [], { sample })).toThrow(/rows.sample is .*; it must be at least 1/);
  });
});

describe('the hash of rows', () => {
  test('has no ties, and is uniform over each half of its bits', () => {
    for (const seed of [0, 1, -1, 2 ** 31 - 1]) {
      const hashes = Array.from({ length: 100_000 }, (_, index) => rowHash(seed)(index));
      expect(new Set(hashes).size).toBe(hashes.length);
      expect(hashes.every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true);
      for (const part of [(hash: number) => hash / 2 ** 53, (hash: number) => (hash % 2 ** 21) / 2 ** 21]) {
        const counts = Array.from(
          { length: 16 },
          (_, bin) => hashes.filter((hash) => Math.floor(part(hash) * 16) === bin).length,
        );
        const chiSquared = counts.reduce((sum, count) => sum + (count - 6250) ** 2 / 6250, 0);
        // 15 degrees of freedom: above 44 once in 10,000 times.
        expect(chiSquared).toBeLessThan(44);
      }
    }
  });

  test('stays what it is: kept samples depend on it', () => {
    expect([0, 1, 2, 2 ** 32, 2 ** 40 + 5].map(rowHash(0))).toMatchInlineSnapshot(`
      [
        5989913529428575,
        6180410104153947,
        8789258871462850,
        6180410104588947,
        7159442058538922,
      ]
    `);
    expect([0, 1].map(rowHash(42))).toMatchInlineSnapshot(`
      [
        7569704275557555,
        4381650253252682,
      ]
    `);
  });
});
