import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ScoreBuffer } from '../../../src/data/scores/buffer.ts';
import { openScoreFile, type ScoreSource, type Scores, writeScoreFile } from '../../../src/data/scores/file.ts';
import { blankOutputs, type Precision, type ScoreScale } from '../../../src/data/scores/scale.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'glassgraph-'));
});
afterEach(() => rm(home, { recursive: true }));

const scoresOf = (count: number, from = 0, precision: Precision = 'float32'): Scores => ({
  row: Float64Array.from({ length: count }, (_, at) => 3 * (from + at)),
  output: blankOutputs(precision, count).map((_, at) => ((from + at) % 256) / (precision === 'float64' ? 255 : 256)),
  label: Int8Array.from({ length: count }, (_, at) => ((from + at) % 3) - 1),
});

const probabilities: ScoreScale = { space: 'PROBABILITY' };
const sourceOf = (
  stretches: Iterable<Scores>,
  { scale = probabilities, precision = 'float32' }: { scale?: ScoreScale; precision?: Precision } = {},
) => ({ scale, precision, stretches: () => stretches });

async function contentOf(source: ScoreSource) {
  const all = { row: [] as number[], output: [] as number[], label: [] as number[] };
  for await (const { row, output, label } of source.stretches()) {
    for (const value of row) all.row.push(value);
    for (const value of output) all.output.push(value);
    for (const value of label) all.label.push(value);
  }
  return all;
}

const expected = (count: number, precision: Precision = 'float32') => {
  const { row, output, label } = scoresOf(count, 0, precision);
  return { row: [...row], output: [...output], label: [...label] };
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
      const source = await openScoreFile(home, await writeScoreFile(home, sourceOf(stretches)));
      expect(source.rowCount).toBe(from);
      expect(await contentOf(source)).toEqual(expected(from));
    },
  );

  test.each<[Precision, ScoreScale]>([
    ['float64', { space: 'PROBABILITY' }],
    ['float32', { space: 'LOGIT' }],
    ['float64', { space: 'LOGIT', negativeSampling: 0.1 }],
  ])('keeps outputs of %s as they are, and what they stand for: %j', async (precision, scale) => {
    const written = await writeScoreFile(home, sourceOf([scoresOf(20, 0, precision)], { scale, precision }));
    const source = await openScoreFile(home, written);
    expect(source).toMatchObject({ scale, precision });
    expect(await contentOf(source)).toEqual(expected(20, precision));
    // Equal numbers that stand for something else are another file.
    const others = { space: 'LOGIT', negativeSampling: 0.5 } as const;
    expect(await writeScoreFile(home, sourceOf([scoresOf(20, 0, precision)], { scale: others, precision }))).not.toBe(
      written,
    );
  });

  test('has one name for equal scores, and nothing else is left', async () => {
    const file = await writeScoreFile(home, sourceOf([scoresOf(10)]));
    expect(await writeScoreFile(home, sourceOf([scoresOf(10)]))).toBe(file);
    expect(await writeScoreFile(home, sourceOf([scoresOf(11)]))).not.toBe(file);
    const names = await readdir(join(home, 'scores'), { recursive: true });
    expect(names.filter((name) => name.endsWith('.parquet'))).toHaveLength(2);
    expect(names.filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('leaves nothing when it could not be finished', async () => {
    const broken = (function* () {
      yield scoresOf(10);
      throw new Error('no more');
    })();
    await expect(writeScoreFile(home, sourceOf(broken))).rejects.toThrow('no more');
    expect(await readdir(join(home, 'scores'))).toEqual([]);
  });

  test('that is gone is an error, not an empty answer', async () => {
    await expect(openScoreFile(home, 'scores/none.parquet')).rejects.toThrow();
  });
});

describe('a buffer of scores', () => {
  const filled = (batches: number[], precision: Precision = 'float32') => {
    const buffer = new ScoreBuffer({ scale: probabilities, precision, blockRows: 4, memoryBlocks: 2 });
    let from = 0;
    for (const count of batches) {
      buffer.add(scoresOf(count, from, precision));
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

  test('gives back float64 as it was, in memory or spilled', async () => {
    const buffer = filled([30], 'float64');
    expect(await contentOf(buffer)).toEqual(expected(30, 'float64'));
    buffer.release();
  });

  test('has the same blocks for the same rows, so that equal scores are one file', () => {
    const [a, b] = [filled([13]), filled([2, 6, 5])];
    expect([...a.stretches()]).toEqual([...b.stretches()]);
    for (const buffer of [a, b]) buffer.release();
  });
});
