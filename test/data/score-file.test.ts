import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ScoreBuffer } from '../../src/data/score-buffer.ts';
import { openScoreFile, type ScoreSource, type Scores, writeScoreFile } from '../../src/data/score-file.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'glassgraph-'));
});
afterEach(() => rm(home, { recursive: true }));

const scoresOf = (count: number, from = 0): Scores => ({
  row: Float64Array.from({ length: count }, (_, at) => 3 * (from + at)),
  score: Float32Array.from({ length: count }, (_, at) => ((from + at) % 256) / 256),
  label: Int8Array.from({ length: count }, (_, at) => ((from + at) % 3) - 1),
});

async function contentOf(source: ScoreSource) {
  const all = { row: [] as number[], score: [] as number[], label: [] as number[] };
  for await (const { row, score, label } of source.stretches()) {
    for (const value of row) all.row.push(value);
    for (const value of score) all.score.push(value);
    for (const value of label) all.label.push(value);
  }
  return all;
}

const expected = (count: number) => {
  const { row, score, label } = scoresOf(count);
  return { row: [...row], score: [...score], label: [...label] };
};

describe('a file of scores', () => {
  test.each([[], [1], [3, 3, 1], [100_000, 5]])(
    'is read stretch by stretch, as it was written: %j',
    async (...counts) => {
      let from = 0;
      const stretches = counts.map((count) => {
        from += count;
        return scoresOf(count, from - count);
      });
      const source = await openScoreFile(home, await writeScoreFile(home, stretches));
      expect(source.rowCount).toBe(from);
      expect(await contentOf(source)).toEqual(expected(from));
    },
  );

  test('has one name for equal scores, and nothing else is left', async () => {
    const file = await writeScoreFile(home, [scoresOf(10)]);
    expect(await writeScoreFile(home, [scoresOf(10)])).toBe(file);
    expect(await writeScoreFile(home, [scoresOf(11)])).not.toBe(file);
    const names = await readdir(join(home, 'scores'), { recursive: true });
    expect(names.filter((name) => name.endsWith('.parquet'))).toHaveLength(2);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('leaves nothing when it could not be finished', async () => {
    const broken = (function* () {
      yield scoresOf(10);
      throw new Error('no more');
    })();
    await expect(writeScoreFile(home, broken)).rejects.toThrow('no more');
    expect(await readdir(join(home, 'scores'))).toEqual([]);
  });

  test('that is gone is an error, not an empty answer', async () => {
    await expect(openScoreFile(home, 'scores/none.parquet')).rejects.toThrow();
  });
});

describe('a buffer of scores', () => {
  const filled = (batches: number[]) => {
    const buffer = new ScoreBuffer({ blockRows: 4, memoryBlocks: 2 });
    let from = 0;
    for (const count of batches) {
      buffer.add(scoresOf(count, from));
      from += count;
    }
    return buffer;
  };

  test.each([[[0]], [[3]], [[8]], [[5, 5, 5, 5]], [[30]]])(
    'gives them back, in memory or spilled, whatever the batches were: %j',
    async (batches) => {
      const buffer = filled(batches);
      const count = batches.reduce((sum, one) => sum + one, 0);
      expect(buffer.rowCount).toBe(count);
      expect(await contentOf(buffer)).toEqual(expected(count));
      expect(await contentOf(buffer)).toEqual(expected(count));
      buffer.release();
    },
  );

  test('has the same blocks for the same rows, so that equal scores are one file', () => {
    const [a, b] = [filled([13]), filled([2, 6, 5])];
    expect([...a.stretches()]).toEqual([...b.stretches()]);
    for (const buffer of [a, b]) buffer.release();
  });
});
