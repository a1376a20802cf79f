import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readScoreFile, writeScoreFile } from '../../src/data/score-file.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'glassgraph-'));
});
afterEach(() => rm(home, { recursive: true }));

const scoresOf = (count: number) => ({
  row: Float64Array.from({ length: count }, (_, at) => 3 * at),
  score: Float32Array.from({ length: count }, (_, at) => (at % 256) / 256),
  label: Int8Array.from({ length: count }, (_, at) => (at % 3) - 1),
});

test.each([0, 1, 300_000])('%d scores are read as they were written, over groups of rows', async (count) => {
  const scores = scoresOf(count);
  const file = await writeScoreFile(home, scores);
  const read = await readScoreFile(home, file);
  for (const column of ['row', 'score', 'label'] as const)
    expect(Buffer.from(read[column].buffer)).toEqual(Buffer.from(scores[column].buffer));
});

test('equal scores are one file, and nothing else is left', async () => {
  const file = await writeScoreFile(home, scoresOf(10));
  expect(await writeScoreFile(home, scoresOf(10))).toBe(file);
  expect(await writeScoreFile(home, scoresOf(11))).not.toBe(file);
  const names = await readdir(join(home, 'scores'), { recursive: true });
  expect(names.filter((name) => name.endsWith('.parquet'))).toHaveLength(2);
  expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

test('a file that is gone or damaged is an error, not an empty answer', async () => {
  await expect(readScoreFile(home, 'scores/none.parquet')).rejects.toThrow();
});
