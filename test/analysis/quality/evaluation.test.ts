import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { calibration, expectedCalibrationError } from '../../../src/analysis/quality/calibration.ts';
import { evaluation } from '../../../src/analysis/quality/evaluation.ts';
import { gauc, slices } from '../../../src/analysis/quality/slices.ts';
import { binsBetween, deciles, type SliceResult } from '../../../src/analysis/quality/slicing.ts';
import { type CurveKind, confusion, curve } from '../../../src/analysis/quality/thresholds.ts';
import { weakSegments } from '../../../src/analysis/quality/weak-segments.ts';
import { OrderStatistics } from '../../../src/data/scores/order-statistics.ts';
import { MemoryRows, scoresInMemory } from '../memory-rows.ts';

const read = (name: string) => JSON.parse(readFileSync(`test/fixtures/quality/${name}.json`, 'utf8'));
const columns = read('rows') as Record<string, (string | number | null)[]>;
const expected = read('expected');
const rows = new MemoryRows(columns, { groupBy: 'user', partitionBy: 'size', partitions: ['0', '1', '2', '3'] });
const part = scoresInMemory({
  row: Float64Array.from(columns.score as number[], (_, at) => at),
  output: Float32Array.from(columns.score as number[]),
  label: Int8Array.from(columns.label as number[]),
});

const figures = ['auc', 'gauc', 'logLoss', 'normalizedEntropy', 'calibrationRatio'] as const;

function expectSlices(actual: readonly SliceResult[], wanted: Record<string, unknown>[]): void {
  const names = wanted.map(({ slice, rowCount, positiveCount }) => ({ slice, rowCount, positiveCount }));
  expect(actual.map(({ slice, rowCount, positiveCount }) => ({ slice, rowCount, positiveCount }))).toEqual(names);
  for (const [at, slice] of actual.entries())
    for (const figure of figures) expectNumber(slice[figure], wanted[at]?.[figure] as number | null);
}

const expectNumber = (actual: number, wanted: number | null): void =>
  wanted === null ? expect(actual).toBeNaN() : expect(actual).toBeCloseTo(wanted, 9);

describe('3,000 rows with ties and nulls, as scikit-learn and pandas see them', () => {
  test('all of them', async () => {
    const result = await evaluation.read({}, [part], rows);
    for (const figure of [...figures, 'prAuc', 'brier'] as const) expectNumber(result[figure], expected.whole[figure]);
    expectSlices(
      result.byPartition,
      [...expected.slices.size].sort((a, b) => Number(a.slice) - Number(b.slice)),
    );
  });

  test('calibration in ten bins', async () => {
    const result = await calibration.read({ bins: 10 }, [part], rows);
    expectNumber(expectedCalibrationError(result), expected.whole.expectedCalibrationError);
    for (const [bin, { rowCount, meanScore, positiveRate }] of expected.reliability.entries()) {
      expect(result.rowCount[bin]).toBe(rowCount);
      expectNumber((result.scoreSum[bin] as number) / rowCount, meanScore);
      expectNumber((result.positiveCount[bin] as number) / rowCount, positiveRate);
    }
  });

  test('what is called positive at a threshold', async () => {
    expect(await confusion.read({ threshold: 0.25 }, [part], rows)).toEqual(expected.confusion);
  });

  test.each(['ROC', 'PRECISION_RECALL'] as const)('every point of the curve %s', async (kind) => {
    const points = await curve.read({ kind, points: 10_000 }, [part], rows);
    const wanted = (expected.curves[kind] as number[][]).map(([threshold, x, y]) => ({ threshold, x, y }));
    expect(points).toHaveLength(wanted.length);
    for (const [at, point] of points.entries())
      for (const axis of ['threshold', 'x', 'y'] as const) expectNumber(point[axis], wanted[at]?.[axis] as number);
  });

  test.each(['city', 'age', 'size'])(
    'slices by %s, nulls in none; deciles of a number with many values',
    async (by) => {
      expectSlices(await slices.read({ by }, [part], rows), expected.slices[by]);
    },
  );

  test('AUC within groups of any column', async () => {
    expectNumber(await gauc.read({ by: 'size' }, [part], rows), expected.gaucBySize);
  });

  test('segments of one or two columns that are worse than the whole', async () => {
    const spec = { columns: ['age', 'city', 'size'], minimumRows: 100 };
    expectSlices(await weakSegments.read(spec, [part], rows), expected.weakSegments);
  });
});

describe('by hand', () => {
  const four = {
    row: Float64Array.of(0, 1, 2, 3),
    output: Float32Array.of(0.75, 0.5, 0.5, 0.25),
    label: Int8Array.of(1, 1, 0, 0),
  };
  const none = new MemoryRows({ clicked: [1, null, 0, 2], bought: [0, 1, 1, null] });
  const pointsOf = (kind: CurveKind, points: number, scores = four) =>
    curve.read({ kind, points }, [scoresInMemory(scores)], none);

  test('a lift curve', async () => {
    expect(await pointsOf('LIFT', 100)).toEqual([
      { threshold: 0.75, x: 0.25, y: 2 },
      { threshold: 0.5, x: 0.75, y: 2 / 3 / 0.5 },
      { threshold: 0.25, x: 1, y: 1 },
    ]);
  });

  test('a curve keeps its ends when it has fewer points than thresholds', async () => {
    const points = await pointsOf('ROC', 2);
    expect(points.map(({ threshold }) => threshold)).toEqual([0.75, 0.25]);
  });

  test('a curve needs its classes: ROC both, the others positives', async () => {
    const positives = { ...four, label: Int8Array.of(1, 1, 1, 1) };
    const negatives = { ...four, label: Int8Array.of(0, 0, 0, 0) };
    expect(await pointsOf('ROC', 9, positives)).toEqual([]);
    expect(await pointsOf('LIFT', 9, positives)).toHaveLength(3);
    expect(await pointsOf('LIFT', 9, negatives)).toEqual([]);
    expect(await pointsOf('PRECISION_RECALL', 9, negatives)).toEqual([]);
  });

  test('another column is the label; its nulls are counted', async () => {
    const result = await evaluation.read({ label: 'bought' }, [scoresInMemory(four)], none);
    expect(result).toMatchObject({ rowCount: 3, positiveCount: 2, unlabelledCount: 1, auc: 0 });
  });

  test('a label that is not 0 or 1 is refused with its row', async () => {
    await expect(evaluation.read({ label: 'clicked' }, [scoresInMemory(four)], none)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining('row 3 has 2'),
    });
  });

  test('without a label there is nothing to evaluate', async () => {
    const unlabelled = { ...four, label: Int8Array.of(-1, -1, -1, -1) };
    await expect(evaluation.read({}, [scoresInMemory(unlabelled)], none)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  const decileBins = async (numbers: number[]) => {
    using ordered = new OrderStatistics({ rowCount: numbers.length });
    await ordered.add(Float64Array.from(numbers));
    const { values, codeOf } = binsBetween(await deciles(ordered));
    return { values, codes: numbers.map(codeOf) };
  };

  test('infinite values have deciles', async () => {
    const infinity = Number.POSITIVE_INFINITY;
    const { codes, values } = await decileBins([-infinity, 1, 2, ...Array(9).fill(infinity)]);
    expect(values.join()).not.toContain('NaN');
    expect(values.at(-1)).toMatch(/, Infinity]$/);
    expect(codes).toEqual(codes.toSorted((a, b) => a - b));
    expect(codes.at(-1)).toBe(values.length - 1);
  });

  test('deciles are written without what interpolation leaves behind their last digit, unless that tells them apart', async () => {
    const { values } = await decileBins(Array.from({ length: 24 }, (_, at) => Math.round(37 * at) / 100));
    expect(values.slice(0, 3)).toEqual(['[0, 0.851]', '(0.851, 1.702]', '(1.702, 2.553]']);
    const close = await decileBins(Array.from({ length: 11 }, (_, at) => 1 + at * Number.EPSILON));
    expect(new Set(close.values).size).toBe(10);
  });

  test('equal deciles are one bin', async () => {
    const { codes, values } = await decileBins([1, 1, 1, 1, 1, 1, 1, 1, 1, 5, Number.NaN]);
    expect(values.at(-1)).toMatch(/, 5\]$/);
    expect(codes[10]).toBe(-1);
  });
});
