import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Analysis, ReadableRows, Subject } from '../../src/analysis/analysis.ts';
import { attributionMethods } from '../../src/analysis/attributions/method.ts';
import { analysisNamed, readingNamed } from '../../src/analysis/registry.ts';
import type { OpenModel } from '../../src/compute/executor.ts';
import { folderOf, readArtifact } from '../../src/compute/onnx/artifact.ts';
import { OnnxModel, onnxExecutor } from '../../src/compute/onnx/executor.ts';
import { ModelProtoSchema } from '../../src/compute/onnx/proto/onnx_pb.js';
import { float32 } from '../../src/compute/tensor.ts';
import type { FeatureBinding } from '../../src/data/manifest.ts';
import { ScoreBuffer } from '../../src/data/score-buffer.ts';
import type { Batch } from '../../src/data/types.ts';
import { type Feeds, sweepBatches } from '../../src/pass/sweep.ts';
import { modelOf } from '../compute/onnx/models.ts';

/** Two numbers through a dense layer of three units, one of which is twice another. */
const text = modelOf({
  inputs: { x: ['float32', [null, 2]] },
  weights: {
    w: float32([2, 3], Float32Array.of(1, 2, -1, 0.5, 1, 3)),
    v: float32([3, 1], Float32Array.of(0.25, -0.25, 0.5)),
  },
  nodes: [
    ['MatMul', 'x w', 'hidden'],
    ['MatMul', 'hidden v', 'logit'],
    ['Sigmoid', 'logit', 'score'],
  ],
  outputs: 'score',
});

type AnyAnalysis = Analysis<unknown, unknown, unknown, readonly unknown[]>;
interface Row {
  readonly x: readonly [number, number];
  readonly label: 0 | 1 | null;
  readonly group: 0 | 1 | 2;
}

let folder: string;
let model: OpenModel;
/** The same, in lanes from the first batch on. */
let spread: OpenModel;
let subject: Subject;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'glassgraph-'));
  const path = join(folder, 'model.onnx');
  await writeFile(path, toBinary(ModelProtoSchema, text));
  const { artifact } = await onnxExecutor.register({ path, root: folder }, folder);
  model = await onnxExecutor.open(artifact, { home: folder, threads: 1 });
  const inLanes = { afterMs: 0, lanes: 2, denseParameters: Number.POSITIVE_INFINITY };
  spread = new OnnxModel(await readArtifact(folderOf(artifact, folder)), 2, inLanes);
  const feature = (name: string, index: number): FeatureBinding => ({
    name,
    kind: 'NUMERIC',
    column: name,
    input: 'x',
    index,
    group: 'both',
  });
  subject = {
    graph: model.graph,
    score: { output: 'score', index: 0, space: 'PROBABILITY' },
    features: [feature('a', 0), feature('b', 1)],
  };
});

afterAll(async () => {
  await model.close();
  await spread.close();
  await rm(folder, { recursive: true });
});

const batchOf = (rows: readonly Row[], first: number): Batch => ({
  rowCount: rows.length,
  index: Float64Array.from(rows, (_, at) => first + at),
  inputs: { x: float32([rows.length, 2], Float32Array.from(rows.flatMap(({ x }) => x))) },
  label: Float32Array.from(rows, ({ label }) => label ?? 0),
  labelled: Float32Array.from(rows, ({ label }) => Number(label !== null)),
  columns: {},
  skippedRowCount: 0,
});

/** Sweeps over the rows in batches of this many; shards are folded each by itself and merged. */
async function answer(
  { name, spec, parts = [] }: Question,
  shards: readonly (readonly Row[])[],
  batchRows: number,
  on = model,
): Promise<unknown> {
  const analysis = analysisNamed(name) as AnyAnalysis;
  let begin = (): unknown => analysis.start(spec, subject, ...parts);
  for (;;) {
    let first = 0;
    const states: unknown[] = [];
    for (const shard of shards) {
      states.push(await folded({ analysis, spec }, begin(), shard, first, batchRows, on));
      first += shard.length;
    }
    const state = states.reduce((a, b) => analysis.merge(a, b));
    const next = analysis.again?.(state);
    if (next === undefined) return analysis.finish(state);
    begin = () => structuredClone(next);
  }
}

async function folded(
  { analysis, spec }: { analysis: AnyAnalysis; spec: unknown },
  begun: unknown,
  rows: readonly Row[],
  first: number,
  batchRows: number,
  on: OpenModel,
): Promise<unknown> {
  let state = begun;
  const program = analysis.program(spec, subject, state);
  const source = {
    async *read() {
      for (let at = 0; at < rows.length; at += batchRows) yield batchOf(rows.slice(at, at + batchRows), first + at);
    },
    countKept: async () => rows.length,
  };
  const feeds: Feeds = {
    parameters: (_, part) => analysis.parameters?.(state, part, spec, subject) ?? {},
    inputs: (_, part) => analysis.inputs?.(state, part, spec, subject) ?? part,
  };
  for await (const { results } of sweepBatches([program], feeds, on, source))
    for (const { outputs, part } of results) state = analysis.fold(state, outputs, part);
  return state;
}

/** Rows whose one column groups them and partitions them. */
const grouped = (all: readonly Row[]): ReadableRows => ({
  partitionBy: 'group',
  groupBy: 'group',
  partitions: ['0', '1', '2'],
  isNumber: () => false,
  columns: async ({ codes }, stretches) => ({
    values: codes.map(() => ['0', '1', '2']),
    stretches: codesOf(all, codes.length, stretches),
  }),
});

async function* codesOf(all: readonly Row[], columnCount: number, stretches: AsyncIterable<Float64Array>) {
  for await (const stretch of stretches) {
    const codes = Int32Array.from(stretch, (at) => all[at]?.group ?? -1);
    yield { codes: Array.from({ length: columnCount }, () => codes), numbers: [] };
  }
}

/** Multiples of 1/8, so that products and sums of a few dozen rows are exact. */
const row: fc.Arbitrary<Row> = fc.record({
  x: fc
    .tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -40, max: 40 }))
    .map(([a, b]) => [a / 8, b / 8] as const),
  label: fc.constantFrom(0, 1, null),
  group: fc.constantFrom(0, 1, 2),
});
/** At least one of them has a label. */
const rows = (minLength = 2) =>
  fc.array(row, { minLength, maxLength: 40 }).filter((all) => all.some(({ label }) => label !== null));

/** Figures of one kind, wherever they lie in a result: the numbers of an array, or one by itself. */
function figuresOf(value: unknown): number[][] {
  if (value instanceof ScoreBuffer) return [...value.stretches()].flatMap(figuresOf);
  if (typeof value === 'number') return [[value]];
  if (ArrayBuffer.isView(value)) return [Array.from(value as unknown as ArrayLike<number>)];
  if (Array.isArray(value) && typeof value[0] === 'number') return [value];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(figuresOf);
}

/**
 * Relative to the largest figure of its kind: a covariance of zero is what is left of products as large as the variances beside it.
 * And to no less than 1, which is what numbers of the rows, and so the sums that a smaller figure is left of, come to.
 */
function expectEqual(a: unknown, b: unknown, tolerance: number): void {
  const [x, y] = [figuresOf(a), figuresOf(b)];
  expect(x.map(({ length }) => length)).toEqual(y.map(({ length }) => length));
  for (const [kind, figures] of x.entries()) {
    const others = y[kind] as number[];
    const scale = Math.max(1, ...others.filter(Number.isFinite).map(Math.abs));
    for (const [at, value] of figures.entries()) {
      const other = others[at] as number;
      if (Number.isNaN(other)) expect(value).toBeNaN();
      else expect(Math.abs(value - other), `${value} and ${other}`).toBeLessThanOrEqual(tolerance * scale);
    }
  }
}

interface Question {
  readonly name: string;
  readonly spec: object;
  readonly parts?: readonly unknown[];
  /** Of merged shards. */
  readonly tolerance?: number;
}

const hidden = { layer: 'hidden' };
const ofUnits: Question[] = [
  { name: 'moments', spec: hidden },
  { name: 'extremes', spec: hidden },
  { name: 'covariance', spec: hidden },
  { name: 'distribution', spec: hidden },
];
const others: Question[] = [
  { name: 'topExamples', spec: { ...hidden, unit: 1 } },
  { name: 'scores', spec: {} },
  { name: 'similarity', spec: {} },
  // Its second sweep projects in float32, along axes that merging moves by a rounding of float64.
  { name: 'pca', spec: { ...hidden, components: 2 }, tolerance: 1e-6 },
  { name: 'probe', spec: { ...hidden, l2: 1, maxIterations: 100, tolerance: 1e-6 } },
  { name: 'probe', spec: { ...hidden, l2: 1, maxIterations: 100, tolerance: 1e-6, controlSeed: 7 } },
];

/** Of what the logit of this net does not have: curvature. */
const target = { space: 'PROBABILITY' };
const drawnFrom = { rowCount: 3, carriers: { x: Float32Array.of(0, 1, -2, 0.5, 4, 4) } };
const permutation: Question = { name: 'attribution', spec: { method: 'FEATURE_PERMUTATION', samples: 2, seed: 3 } };
const attributions: Question[] = [
  ...attributionMethods
    .filter((method) => method !== 'FEATURE_PERMUTATION')
    .map((method) => ({ name: 'attribution', spec: { method } })),
  { name: 'attribution', spec: { method: 'INTEGRATED_GRADIENTS', baseline: { kind: 'MEAN' } } },
  { name: 'attribution', spec: { method: 'GRADIENT_SHAP', noise: 0.5 } },
  { name: 'attribution', spec: { method: 'GRADIENT_SHAP', baseline: { kind: 'DRAWN' } }, parts: [drawnFrom] },
  { name: 'explanations', spec: { method: 'SHAPLEY_SAMPLING' } },
  { name: 'baselineRows', spec: {} },
  { name: 'conductance', spec: { ...hidden, steps: 4 } },
  { name: 'interactions', spec: { method: 'ABLATION', features: [0, 1] } },
  { name: 'interactions', spec: { method: 'HESSIAN', features: [0, 1] } },
  { name: 'response', spec: { feature: 1, values: [-1, 0, 2] } },
].map(({ spec, ...question }) => ({ ...question, spec: { samples: 3, noise: 0.1, steps: 3, target, ...spec } }));

const named = (questions: readonly Question[]) =>
  questions.map((question) => [`${question.name} ${JSON.stringify(question.spec)}`, question] as const);
const runs = { numRuns: 8 };
const fewRuns = { numRuns: 6 };

describe.each([
  ...named([...ofUnits, ...others]).map((one) => [...one, runs] as const),
  ...named(attributions).map((one) => [...one, fewRuns] as const),
])('%s', (_, question, runs) => {
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

/** Its rows lend one another their values, so that it has no shards. */
test('the size of batches does not matter to a permutation, whose other rows lie in any of them', () =>
  sizesDoNotMatter({ ...permutation, spec: { ...permutation.spec, target } }, runs));

test('batches of a permutation that run at the same time give what they give one after the other', () =>
  lanesDoNotMatter({ ...permutation, spec: { ...permutation.spec, target } }));

const lanesDoNotMatter = (question: Question) =>
  fc.assert(
    fc.asyncProperty(rows(9), fc.integer({ min: 1, max: 3 }), async (all, batchRows) => {
      expectEqual(await answer(question, [all], batchRows, spread), await answer(question, [all], batchRows), 0);
    }),
    { numRuns: 3 },
  );

const sizesDoNotMatter = (question: Question, { numRuns }: { numRuns: number }) =>
  fc.assert(
    fc.asyncProperty(rows(), fc.integer({ min: 1, max: 7 }), async (all, batchRows) => {
      expectEqual(await answer(question, [all], batchRows), await answer(question, [all], 64), 1e-6);
    }),
    { numRuns },
  );

const readings: [string, object][] = [
  ['evaluation', {}],
  ['calibration', { bins: 10 }],
  ['curve', { kind: 'ROC', points: 5 }],
  ['confusion', { threshold: 0.5 }],
  ['gauc', { by: 'group' }],
  ['slices', { by: 'group' }],
  ['weakSegments', { columns: ['group'], minimumRows: 1 }],
];

describe.each(readings)('%s', (name, spec) => {
  const read = async (shards: readonly (readonly Row[])[], batchRows: number): Promise<unknown> => {
    const scored = (await answer({ name: 'scores', spec: {} }, shards, batchRows)) as ScoreBuffer;
    return readingNamed(name).read(spec, [scored], grouped(shards.flat()));
  };

  test('of merged shards is that of the whole', () =>
    fc.assert(
      fc.asyncProperty(rows(4), fc.integer({ min: 1, max: 9 }), fc.nat(), async (all, batchRows, cut) => {
        const at = batchRows * (1 + (cut % Math.ceil(all.length / batchRows)));
        expectEqual(await read([all.slice(0, at), all.slice(at)], batchRows), await read([all], batchRows), 1e-9);
      }),
      runs,
    ));

  test('does not depend on the order of the rows', () =>
    fc.assert(
      fc.asyncProperty(rows(), async (all) => {
        expectEqual(await read([all.toReversed()], 64), await read([all], 64), 1e-9);
      }),
      runs,
    ));
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
        ...((await answer({ name: 'moments', spec: hidden }, [all], 64)) as Record<string, Float64Array>),
        ...((await answer({ name: 'extremes', spec: hidden }, [all], 64)) as Record<string, Float64Array>),
      };
      for (const figure of ['mean', 'standardDeviation', 'minimum', 'maximum'])
        expectEqual(figures[figure]?.[1], 2 * (figures[figure]?.[0] as number), 1e-6);
      const { covariance } = (await answer({ name: 'covariance', spec: hidden }, [all], 64)) as {
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
