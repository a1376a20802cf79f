// @module-tag any-database
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { float32, int64 } from '../../../src/compute/tensor.ts';
import { modelOf } from '../../compute/onnx/models.ts';
import { answered } from '../../support/ask.ts';
import { writeGraphModel } from '../../support/graph-model.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import {
  askToRegisterModel,
  denseManifest,
  denseRows,
  registerModel,
  registerRows,
  toysFolder,
} from '../../support/toys.ts';

/** dense.onnx with a softmax of two classes: h₀ + h₁ and 3h₀ − 1, whose difference 2h₀ − h₁ − 1 is the logit there. */
const weights = {
  w: float32([3, 2], [1, -1, 2, 0, -1, 3]),
  b: float32([2], [0, 1]),
  v: float32([2, 2], [1, 3, 1, 0]),
  c: float32([2], [0, -1]),
};
const onnx = modelOf({
  inputs: { x: ['float32', [null, 3]] },
  weights: { ...weights, one: int64([], [1]) },
  nodes: [
    ['Gemm', 'x w b', 'hidden_pre'],
    ['Relu', 'hidden_pre', 'hidden'],
    ['Gemm', 'hidden v c', 'z'],
    ['Softmax', 'z', 'probabilities', { axis: 1 }],
    ['Gather', 'probabilities one', 'positive', { axis: 1 }],
    ['Softmax', 'x', 'three', { axis: 1 }],
  ],
  outputs: 'probabilities positive three',
});
const size = (count: number) => ({ size: String(count) });
const T = { T: { type: 'DT_FLOAT' } };
const product = { ...T, transpose_a: { b: false }, transpose_b: { b: false } };
const graphNodes = [
  {
    name: 'x',
    op: 'Placeholder',
    attr: { dtype: { type: 'DT_FLOAT' }, shape: { shape: { dim: [size(-1), size(3)] } } },
  },
  { name: 'hidden_product', op: 'MatMul', input: ['x', 'w'], attr: product },
  { name: 'hidden_pre', op: 'BiasAdd', input: ['hidden_product', 'b'], attr: T },
  { name: 'hidden', op: 'Relu', input: ['hidden_pre'], attr: T },
  { name: 'z_product', op: 'MatMul', input: ['hidden', 'v'], attr: product },
  { name: 'z', op: 'BiasAdd', input: ['z_product', 'c'], attr: T },
  { name: 'probabilities', op: 'Softmax', input: ['z'], attr: T },
  {
    name: 'positive',
    op: 'StridedSlice',
    input: ['probabilities', 'begin', 'end', 'strides'],
    attr: { ...T, begin_mask: { i: '1' }, end_mask: { i: '1' }, shrink_axis_mask: { i: '2' } },
  },
  { name: 'three', op: 'Softmax', input: ['x'], attr: T },
];
const indices = { begin: [0, 1], end: [0, 2], strides: [1, 1] };

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await writeFile(join(server.folder, 'softmax.onnx'), toBinary(ModelProtoSchema, onnx));
  await writeGraphModel(
    join(server.folder, 'softmax'),
    [
      ...Object.entries(weights).map(
        ([name, { dims, data }]) => [name, 'float32', dims, [...data].map(Number)] as const,
      ),
      ...Object.entries(indices).map(([name, values]) => [name, 'int32', [2], values] as const),
    ],
    graphNodes,
    ['probabilities', 'positive', 'three'],
  );
  await registerRows(server, 'rows', denseRows, { label: 'click', partitionBy: 'day' });
  await registerModel(server.ask, { name: 'sigmoid', uri: 'dense.onnx', manifest: denseManifest() });
});
afterAll(() => server[Symbol.asyncDispose]());

const { features } = denseManifest();
const document = `query ($name: String!) { model(name: $name) {
  score { index space }
  evaluation(rows: { dataset: "rows" }) { auc logLoss }
  saliency(rows: { dataset: "rows" }) { features { feature { name } score } }
  explanations(rows: { dataset: "rows" }) { nodes { score target baselineValue attributions { feature { name } attribution } } }
  deepLift: saliency(rows: { dataset: "rows" }, method: DEEP_LIFT) { features { feature { name } score } }
  predictions(rows: [{ x0: 100, x1: 0, x2: 0 }, { x0: 0, x1: 0, x2: 100 }]) { score target }
} }`;

// biome-ignore lint/suspicious/noExplicitAny: answers are JSON, and each test knows what it asked for.
type Answer = { model: any };

const rounded = (value: unknown) =>
  JSON.parse(JSON.stringify(value), (_, each) => (typeof each === 'number' ? Number(each.toFixed(4)) : each));

describe.each([
  ['ONNX', 'softmax.onnx'],
  ['TensorFlow.js', 'softmax'],
])('a softmax of %s', (format, uri) => {
  const register = async (name: string, score: object) => {
    const full = `${format} ${name}`;
    await registerModel(server.ask, { name: full, uri, manifest: { score, features } });
    return full;
  };

  test('of two classes answers as the sigmoid of their difference does, and is known as a probability by itself', async () => {
    const { model: wanted } = await answered(server.ask)<Answer>(document, { name: 'sigmoid' });
    expect(rounded(wanted.explanations.nodes.map(({ target }: { target: number }) => target))).toEqual([-6, 1, 5]);
    expect(wanted.evaluation.auc).toBe(1);
    const scores = { both: { output: 'probabilities', index: 1 }, column: { output: 'positive' } };
    for (const [name, score] of Object.entries(scores)) {
      const { model } = await answered(server.ask)<Answer>(document, { name: await register(name, score) });
      expect(model.score).toEqual({ index: name === 'both' ? 1 : 0, space: 'PROBABILITY' });
      expect(rounded({ ...model, score: 0 })).toEqual(rounded({ ...wanted, score: 0 }));
    }
  });

  test('has an exact logit where the probability is rounded to 0 or 1', async () => {
    const name = await register('saturated', { output: 'probabilities', index: 1 });
    const { model } = await answered(server.ask)<Answer>(document, { name });
    // h = (100, 0) and (0, 301).
    expect(model.predictions).toEqual([
      { score: 1, target: 199 },
      { score: 0, target: -302 },
    ]);
  });

  test('of three classes has the odds of one against the two others', async () => {
    const name = await register('three', { output: 'three', index: 0 });
    const { model } = await answered(server.ask)<Answer>(
      `query ($name: String!) { model(name: $name) {
        predictions(rows: [{ x0: 2, x1: 0, x2: 0 }, { x0: 200, x1: 100, x2: -100 }]) { target }
        saliency(rows: { dataset: "rows", partitions: ["mon"] }) { features { feature { name } score } }
      } }`,
      { name },
    );
    expect(rounded(model.predictions)).toEqual([{ target: 1.3069 }, { target: 100 }]); // 2 − ln 2, 200 − 100
    const gradients = model.saliency.features.map(
      ({ feature, score }: { feature: { name: string }; score: number }) => [feature.name, score],
    );
    // Of x = (1, 2, 3): 1, and the shares of the others among themselves, 1/(1 + e) and e/(1 + e).
    const share = 1 / (1 + Math.E);
    expect(gradients).toEqual([
      ['x0', 1],
      ['x2', expect.closeTo(1 - share, 5)],
      ['x1', expect.closeTo(share, 5)],
    ]);
  });

  test('is suggested by its second class of two', async () => {
    const { errors } = await askToRegisterModel(server.ask, { name: `${format} bare`, uri });
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BINDING_MISMATCH',
      suggestion: { score: { output: 'probabilities', index: 1, space: 'PROBABILITY' } },
    });
  });
});
