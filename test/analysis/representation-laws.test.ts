import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProjectionResult } from '../../src/analysis/projection/points.ts';
import { tsne } from '../../src/analysis/projection/tsne.ts';
import type { SimilarityResult } from '../../src/analysis/similarity/similarity.ts';
import { ModelProtoSchema } from '../../src/compute/onnx/proto/onnx_pb.js';
import { float32 } from '../../src/compute/tensor.ts';
import type { Batch } from '../../src/data/types.ts';
import { modelOf } from '../compute/onnx/models.ts';
import { temporaryFolder, writeParquet } from '../data/parquet.ts';
import { answersOf, type Toy } from '../support/pass.ts';

type Matrix = number[][];

const identity: Matrix = [0, 1, 2].map((i) => [0, 1, 2].map((j) => Number(i === j)));
const product = (a: Matrix, b: Matrix): Matrix =>
  a.map((row) => identity.map((_, j) => row.reduce((sum, value, k) => sum + value * (b[k]?.[j] as number), 0)));
const scaled = (a: Matrix, factor: number): Matrix => a.map((row) => row.map((value) => factor * value));

/** Turns the plane of two axes (Givens). */
function turned(angle: number, first: number, second: number): Matrix {
  const turn = identity.map((row) => [...row]);
  for (const [i, j, value] of [
    [first, first, Math.cos(angle)],
    [second, second, Math.cos(angle)],
    [first, second, -Math.sin(angle)],
    [second, first, Math.sin(angle)],
  ] as const)
    (turn[i] as number[])[j] = value;
  return turn;
}

const angle = fc.double({ min: 0, max: 6.28, noNaN: true });
/** Every one of three dimensions, mirrored or not. */
const orthogonal = fc
  .tuple(angle, angle, angle, fc.boolean())
  .map(([a, b, c, mirrored]) =>
    scaled(product(product(turned(a, 0, 1), turned(b, 0, 2)), turned(c, 1, 2)), mirrored ? -1 : 1),
  );
const scale = fc.double({ min: 0.01, max: 100, noNaN: true });
/** Directions of three different lengths, so that components are apart. */
const map = fc.tuple(orthogonal, orthogonal).map(([a, b]) =>
  product(
    product(a, [
      [4, 0, 0],
      [0, 2, 0],
      [0, 0, 1],
    ]),
    b,
  ),
);

const mixed: Matrix = [
  [1, 0, 2],
  [0, 1, 0],
  [0, 1, 1],
];

/** Three numbers through two layers without activation, and what the score is made of the first. */
async function netOf(first: Matrix, second: Matrix): Promise<Toy> {
  const folder = await temporaryFolder();
  const weight = (matrix: Matrix) => float32([3, 3], Float32Array.from(matrix.flat()));
  const model = modelOf({
    inputs: { x: ['float32', [null, 3]] },
    weights: { a: weight(first), b: weight(second), c: weight(mixed), v: float32([3, 1], Float32Array.of(1, -1, 0.5)) },
    nodes: [
      ['MatMul', 'x a', 'first'],
      ['MatMul', 'x b', 'second'],
      ['MatMul', 'first c', 'third'],
      ['MatMul', 'third v', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });
  await writeFile(join(folder, 'model.onnx'), toBinary(ModelProtoSchema, model));
  const column = (at: number) => `(hash(range * 3 + ${at}) % 1000 - 499.5) / 250 + ${at} AS c${at}`;
  const features = [0, 1, 2].map((at) => ({
    name: `c${at}`,
    kind: 'NUMERIC',
    column: `c${at}`,
    input: 'x',
    index: at,
  }));
  return {
    model: join(folder, 'model.onnx'),
    manifest: { score: { output: 'score', index: 0, space: 'PROBABILITY' }, features },
    rows: await writeParquet(join(folder, 'rows.parquet'), `SELECT ${[0, 1, 2].map(column)} FROM range(700)`),
  };
}

const runs = { numRuns: 5, endOnFailure: true };

/** By the names of the layers. */
async function similarityOf(toy: Toy): Promise<(a: string, b: string) => number> {
  const [{ base, candidate, values }] = (await answersOf(toy, [{ name: 'similarity', spec: {} }])) as [
    SimilarityResult,
  ];
  // A score that is 0 or 1 on every row is like nothing.
  expect(values.every((value) => Number.isNaN(value) || (value >= 0 && value <= 1))).toBe(true);
  return (a, b) => values[base.indexOf(a) * candidate.length + candidate.indexOf(b)] as number;
}

/** Either figure is within 1e-6 of what float64 would give. */
const expectSame = (a: number, b: number): void => expect(Math.abs(a - b)).toBeLessThan(2e-6);

test('CKA does not see rotations, mirrors and scales, of a layer and of one of another model', () =>
  fc.assert(
    fc.asyncProperty(map, map, orthogonal, scale, async (a, b, rotation, factor) => {
      const net = await netOf(a, b);
      const moved = await netOf(scaled(product(a, rotation), factor), a);
      const [own, between] = [await similarityOf(net), await similarityOf({ ...net, base: moved })];
      expectSame((await similarityOf(moved))('first', 'second'), 1);
      expectSame(between('first', 'first'), 1);
      for (const other of ['second', 'third', 'logit']) expectSame(between('first', other), own('first', other));
    }),
    runs,
  ));

test('CKA is 1 of a layer with itself, even as one of another model, and the same either way', () =>
  fc.assert(
    fc.asyncProperty(map, map, async (a, b) => {
      const [one, two] = [await netOf(a, b), await netOf(b, a)];
      const layers = ['first', 'second', 'third', 'logit'];
      const [itself, there, back] = await Promise.all([
        similarityOf({ ...one, base: one }),
        similarityOf({ ...one, base: two }),
        similarityOf({ ...two, base: one }),
      ]);
      for (const x of layers) {
        expectSame(itself(x, x), 1);
        for (const y of layers) {
          expectSame(itself(x, y), itself(y, x));
          expectSame(there(x, y), back(y, x));
        }
      }
    }),
    runs,
  ));

test('principal components do not see rotations, but for their signs, and explain all that there is', () =>
  fc.assert(
    fc.asyncProperty(map, orthogonal, scale, async (a, rotation, factor) => {
      const net = await netOf(a, scaled(product(a, rotation), factor));
      const ofLayer = (layer: string) => ({ name: 'pca', spec: { layer, components: 3 } });
      const [own, moved] = (await answersOf(net, [ofLayer('first'), ofLayer('second')])) as [
        ProjectionResult,
        ProjectionResult,
      ];
      expect(own.explainedVariance?.reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
      const largest = Math.max(...own.coordinates.map(Math.abs));
      for (const component of [0, 1, 2]) {
        expect(moved.explainedVariance?.[component]).toBeCloseTo(own.explainedVariance?.[component] as number, 5);
        const along = (of: ProjectionResult) => of.coordinates.filter((_, at) => at % 3 === component);
        const [x, y] = [along(own), along(moved).map((value) => value / factor)];
        const sign = Math.sign(x.reduce((sum, value, at) => sum + value * (y[at] as number), 0));
        const apart = Math.max(...x.map((value, at) => Math.abs(value - sign * (y[at] as number))));
        expect(apart / largest).toBeLessThan(1e-5);
      }
    }),
    runs,
  ));

describe('t-SNE places every row, and alike at any scale,', () => {
  /** `values`: [rows, units] */
  function placed(values: readonly (readonly number[])[], components = 2): Float64Array {
    const [rowCount, units] = [values.length, values[0]?.length ?? 0];
    const state = { layer: 'any', components, seed: 1, units, rowCount: 0, points: [] };
    const outputs = {
      values: float32([rowCount, units], Float32Array.from(values.flat())),
      score: float32([rowCount], new Float32Array(rowCount)),
    };
    const batch = { rowCount, index: Float64Array.from(values, (_, at) => at), labelled: new Float32Array(rowCount) };
    let settled = tsne.fold(state, outputs, batch as Batch);
    for (let step = 0; step < 500; step++) settled = tsne.settling?.step(settled) ?? settled;
    const { coordinates } = tsne.finish(settled);
    expect(coordinates).toHaveLength(rowCount * components);
    expect(coordinates.filter((value) => !Number.isFinite(value))).toHaveLength(0);
    return coordinates;
  }
  const spread = (rowCount: number, units: number, scale: number): number[][] =>
    Array.from({ length: rowCount }, (_, row) =>
      Array.from({ length: units }, (_, unit) => scale * Math.sin(row * 7.3 + unit * (row + 1.7))),
    );

  test('be it that of millions or of millionths', () => {
    const [one, large, small] = [1, 2 ** 20, 2 ** -20].map((scale) => placed(spread(30, 3, scale)));
    expect(large).toEqual(one);
    expect(small).toEqual(one);
  });

  test.each([
    ['of only four', spread(4, 3, 1e6)],
    ['of one unit', spread(40, 1, 1)],
    ['that are all the same', spread(40, 3, 0)],
    ['that are the same but one', [...spread(100, 3, 0), [1, 0, 0]]],
    ['that are equally far from each other', [...identity, [1, 1, 1]]],
  ])('%s', (_, values) => {
    for (const components of [1, 2, 3]) placed(values, components);
  });
});
