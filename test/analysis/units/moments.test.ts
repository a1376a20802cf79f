import { describe, expect, test } from 'vitest';
import type { Analysis, Subject } from '../../../src/analysis/analysis.ts';
import { type CovarianceResult, covariance } from '../../../src/analysis/units/covariance.ts';
import { type ExtremesResult, extremes } from '../../../src/analysis/units/extremes.ts';
import { type MomentsResult, moments } from '../../../src/analysis/units/moments.ts';
import type { LayerSpec } from '../../../src/analysis/units/units.ts';
import type { OpenModel } from '../../../src/compute/executor.ts';
import { float32 } from '../../../src/compute/tensor.ts';
import type { Batch } from '../../../src/data/types.ts';
import { type ModelText, modelOf, opened } from '../../compute/onnx/models.ts';

/** A row of two numbers and its label, if it has one. */
type Row = readonly [number, number, (0 | 1 | null)?];

const identity = float32([2, 2], [1, 0, 0, 1]);

/** Two units, the ReLU of two numbers; the score is the first of them. */
const dense: ModelText = {
  inputs: { x: ['float32', [null, 2]] },
  weights: { identity, first: float32([2, 1], [1, 0]) },
  nodes: [
    ['MatMul', 'x identity', 'linear'],
    ['Relu', 'linear', 'hidden'],
    ['MatMul', 'hidden first', 'score'],
  ],
  outputs: 'score',
};
/** Two units, and both numbers of a row are two positions, the second half of the first. */
const positions: ModelText = {
  inputs: { x: ['float32', [null, 2]] },
  weights: {
    spread: float32([1, 2], [1, 10]),
    axis: { dtype: 'int64', dims: [1], data: BigInt64Array.of(2n) },
    first: float32([2, 1], [1, 0]),
  },
  nodes: [
    ['Unsqueeze', 'x axis', 'columns'],
    ['MatMul', 'columns spread', 'linear'],
    ['Relu', 'linear', 'hidden'],
    ['MatMul', 'x first', 'score'],
  ],
  outputs: 'hidden score',
};
const bounded: ModelText = {
  ...dense,
  nodes: [
    ['MatMul', 'x identity', 'linear'],
    ['Tanh', 'linear', 'hidden'],
    ['MatMul', 'hidden first', 'score'],
  ],
};

function batchOf(rows: readonly Row[]): Batch {
  return {
    rowCount: rows.length,
    index: Float64Array.from(rows, (_, at) => at),
    inputs: {
      x: float32(
        [rows.length, 2],
        rows.flatMap((row) => row.slice(0, 2) as number[]),
      ),
    },
    label: Float32Array.from(rows, ([, , label]) => label ?? 0),
    labelled: Float32Array.from(rows, ([, , label]) => (label == null ? 0 : 1)),
    columns: {},
    skippedRowCount: 0,
  };
}

/** What an analysis makes of the layer `hidden` of a model, batch by batch. */
async function folded<State, Result>(
  analysis: Analysis<LayerSpec, State, Result>,
  model: OpenModel,
  batches: readonly (readonly Row[])[],
): Promise<Result> {
  const spec = { layer: 'hidden' };
  const subject: Subject = { graph: model.graph, score: { output: 'score', index: 0, space: 'VALUE' }, features: [] };
  let state = analysis.start(spec, subject);
  const program = await model.compile(analysis.program(spec, subject, state));
  for (const rows of batches) {
    const batch = batchOf(rows);
    const [label, labelled] = [float32([rows.length], batch.label), float32([rows.length], batch.labelled)];
    state = analysis.fold(state, await program.run({ ...batch, rowValues: { label, labelled } }, {}), batch);
  }
  await program.close();
  return analysis.finish(state);
}

const momentsOf = async (text: ModelText, ...batches: (readonly Row[])[]): Promise<MomentsResult> =>
  folded(moments, await opened(modelOf(text)), batches);
const extremesOf = async (text: ModelText, ...batches: (readonly Row[])[]): Promise<ExtremesResult> =>
  folded(extremes, await opened(modelOf(text)), batches);

const covarianceOf = async (text: ModelText, ...batches: (readonly Row[])[]): Promise<CovarianceResult> =>
  folded(covariance, await opened(modelOf(text)), batches);

test('moments by hand, over two batches', async () => {
  const result = await momentsOf(
    dense,
    [
      [1, 7, 0],
      [5, 7, 1],
    ],
    [
      [1, 7, 0],
      [5, 7, 1],
    ],
  );
  expect(result).toEqual<MomentsResult>({
    observationCount: 4,
    mean: Float64Array.of(3, 7),
    // The second unit is constant: it varies by nothing at all, and goes along with nothing.
    standardDeviation: Float64Array.of(2, 0),
    meanWhenNegative: Float64Array.of(1, 7),
    meanWhenPositive: Float64Array.of(5, 7),
    correlationWithLabel: Float64Array.of(1, Number.NaN),
    correlationWithScore: Float64Array.of(1, Number.NaN),
  });
});

test('rows in an order, such as that of days, lose nothing in float32', async () => {
  const values = [0.3, 0.7, -1.1, 0.9, -0.2, 0.6, -0.4].map(Math.fround);
  const all = values.flatMap((value, day) => Array.from({ length: 550 }, (_, at): Row => [value + 2, day + (at % 2)]));
  const column = (at: 0 | 1): number[] => all.map((row) => Math.fround(row[at]));
  const mean = (x: readonly number[]): number => x.reduce((sum, value) => sum + value, 0) / x.length;
  const [x, y] = [column(0), column(1)].map((own) => own.map((value) => value - mean(own))) as [number[], number[]];
  const product = (a: readonly number[], b: readonly number[]): number => mean(a.map((own, at) => own * (b[at] ?? 0)));
  const result = await momentsOf(dense, all);
  const correlation = product(x, y) / Math.sqrt(product(x, x) * product(y, y));
  const expectNear = (figure: number | undefined, exact: number): void =>
    expect(Math.abs((figure ?? Number.NaN) - exact) / Math.max(1, Math.abs(exact))).toBeLessThan(1e-6);
  expectNear(result.mean[0], mean(column(0)));
  expectNear(result.standardDeviation[0], Math.sqrt(product(x, x)));
  expectNear(result.correlationWithScore[1], correlation);
  expectNear((await covarianceOf(dense, all)).mean[0], mean(column(0)));
});

test('a constant that float32 cannot add up exactly is constant all the same', async () => {
  const rows = Array.from({ length: 3000 }, (_, at): Row => [at, 0.1]);
  const { mean, standardDeviation } = await momentsOf(dense, rows.slice(0, 2000), rows.slice(2000));
  expect(mean[1]).toBe(Math.fround(0.1));
  expect(standardDeviation[1]).toBe(0);
});

test('a mean a thousand deviations away from zero costs no precision', async () => {
  const rows = Array.from({ length: 4096 }, (_, at): Row => [0, 5000 + (at % 2 === 0 ? 5 : -5)]);
  const { mean, standardDeviation } = await momentsOf(dense, rows);
  expect([mean[1], standardDeviation[1]]).toEqual([5000, 5]);
});

describe('rows without a label', () => {
  test('count for everything but the figures of labels', async () => {
    const result = await momentsOf(dense, [
      [2, 1, 0],
      [6, 3, 1],
      [100, 5, null],
    ]);
    expect(result.observationCount).toBe(3);
    expect([...result.mean]).toEqual([36, 3]);
    expect([...result.meanWhenNegative, ...result.meanWhenPositive]).toEqual([2, 1, 6, 3]);
    expect([...result.correlationWithLabel]).toEqual([1, 1]);
  });

  test('do not make a unit vary that is constant where there are labels', async () => {
    const { correlationWithLabel } = await momentsOf(dense, [
      [1, 3, 0],
      [2, 3, 1],
      [9, 4, null],
    ]);
    expect([...correlationWithLabel]).toEqual([1, Number.NaN]);
  });

  test('alone leave those figures undefined', async () => {
    const result = await momentsOf(dense, [
      [2, 1],
      [6, 3],
    ]);
    const { meanWhenNegative, meanWhenPositive, correlationWithLabel } = result;
    expect([...meanWhenNegative, ...meanWhenPositive, ...correlationWithLabel].every(Number.isNaN)).toBe(true);
    expect([...result.correlationWithScore]).toEqual([1, 1]);
  });
});

describe('a layer with positions', () => {
  const rows: Row[] = [
    [1, 3, 0],
    [5, 7, 1],
  ];

  test('is observed at each of them, with the score and the label of its row', async () => {
    const result = await momentsOf(positions, rows);
    expect(result.observationCount).toBe(4);
    expect([...result.mean]).toEqual([4, 40]);
    expect(result.standardDeviation[0]).toBeCloseTo(Math.sqrt(5), 6);
    expect([...result.meanWhenNegative, ...result.meanWhenPositive]).toEqual([2, 20, 6, 60]);
    // Of 1, 3, 5, 7 with 0, 0, 1, 1.
    expect(result.correlationWithLabel[0]).toBeCloseTo(4 / Math.sqrt(20), 6);
    expect(result.correlationWithScore[1]).toBeCloseTo(4 / Math.sqrt(20), 6);
  });

  test('has the extremes of all of them', async () => {
    expect(await extremesOf(positions, [[0, 3], ...rows])).toEqual<ExtremesResult>({
      observationCount: 6,
      minimum: Float64Array.of(0, 0),
      maximum: Float64Array.of(7, 70),
      zeroCount: Float64Array.of(1, 1),
      saturatedCount: Float64Array.of(0, 0),
    });
  });
});

describe('extremes', () => {
  test('by hand, over two batches; a ReLU has one bound and cannot saturate', async () => {
    const batches: Row[][] = [
      [
        [-1, 2],
        [3, 4],
      ],
      [[0, 6]],
    ];
    expect(await extremesOf(dense, ...batches)).toEqual<ExtremesResult>({
      observationCount: 3,
      minimum: Float64Array.of(0, 2),
      maximum: Float64Array.of(3, 6),
      zeroCount: Float64Array.of(2, 0),
      saturatedCount: Float64Array.of(0, 0),
    });
  });

  test('within 1% of the range of tanh, that is beyond ±0.98, a unit is saturated', async () => {
    const { saturatedCount, zeroCount } = await extremesOf(bounded, [
      [-9, 0],
      [9, Math.atanh(0.97)],
      [0, Math.atanh(0.985)],
    ]);
    expect([...saturatedCount]).toEqual([2, 1]);
    expect([...zeroCount]).toEqual([1, 1]);
  });
});
