// @module-tag any-database
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { float32, int64 } from '../../../src/compute/tensor.ts';
import { modelOf } from '../../compute/onnx/models.ts';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerModel } from '../../support/toys.ts';

/** logit = 1·n₀ + … + 6·n₅ + 7·e(i₀) + … + 10·e(i₃) + 11·age, of numbers [n, 2, 3] and ids [n, 2, 2], e(i) = i; layer `sums`. */
const model = modelOf({
  inputs: { numbers: ['float32', [null, 2, 3]], ids: ['int64', [null, 2, 2]], age: ['float32', [null, 1]] },
  weights: {
    table: float32([9, 1], [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    w: float32([11, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
    six: int64([2], [-1, 6]),
    four: int64([2], [-1, 4]),
  },
  nodes: [
    ['Gather', 'table ids', 'entries'],
    ['Reshape', 'numbers six', 'a'],
    ['Reshape', 'entries four', 'b'],
    ['Concat', 'a b age', 'all', { axis: 1 }],
    ['MatMul', 'all w', 'logit'],
    ['Sigmoid', 'logit', 'score'],
  ],
  outputs: 'score',
});
const features = [
  ...[0, 1, 2, 3, 4].map((index) => ({ name: `n${index}`, kind: 'NUMERIC', input: 'numbers', index })),
  { name: 'n5', kind: 'EMBEDDING', input: 'numbers', index: 5, length: 1 },
  { name: 'i0', kind: 'CATEGORICAL', input: 'ids', index: 0 },
  { name: 'list', kind: 'SEQUENCE', input: 'ids', index: 1, length: 3 },
  { name: 'age', kind: 'NUMERIC', input: 'age' },
];

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await writeFile(join(server.folder, 'model.onnx'), toBinary(ModelProtoSchema, model));
  await registerModel(server.ask, {
    name: 'slots',
    uri: 'model.onnx',
    manifest: { score: { output: 'score' }, features },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

test('a feature says which slot it fills, unless there is but one, and what carries it', async () => {
  const document = '{ model(name: "slots") { features { name index carriers { name shape } } } }';
  const { model: found } = await answered(server.ask)<{ model: { features: object[] } }>(document, {});
  const number = [{ name: 'numbers', shape: [null, 1] }];
  expect(found.features).toEqual([
    ...[0, 1, 2, 3, 4, 5].map((index) => ({ name: `n${index}`, index, carriers: number })),
    { name: 'i0', index: 0, carriers: [{ name: 'entries', shape: [null, 1, 1] }] },
    { name: 'list', index: 1, carriers: [{ name: 'entries', shape: [null, 3, 1] }] },
    { name: 'age', index: null, carriers: [{ name: 'age', shape: [null, 1] }] },
  ]);
});

const attributions = `query ($method: AttributionMethod!, $rows: [JSON!]!) { model(name: "slots") {
  explanationsOf(rows: $rows, method: $method) { target attributions { feature { name } attribution } }
} }`;

test.each([
  'INTEGRATED_GRADIENTS',
  'INPUT_X_GRADIENT',
  'DEEP_LIFT',
  'GRADIENT_SHAP',
  'FEATURE_ABLATION',
  'SHAPLEY_SAMPLING',
])('%s attributes to each feature what its own slots add', async (method) => {
  const rows = [{ n0: 1, n1: 1, n2: 1, n3: 2, n4: 1, n5: [1], i0: 3, list: [1, 2], age: 1 }];
  const { model: found } = await answered(server.ask)<{
    model: { explanationsOf: { target: number; attributions: { attribution: number }[] }[] };
  }>(attributions, { method, rows });
  const [explained] = found.explanationsOf;
  const expected = [1, 2, 3, 8, 5, 6, 21, 8 + 18, 11];
  expect(explained?.target).toBeCloseTo(83, 3);
  expect(explained?.attributions.map(({ attribution }) => attribution)).toEqual(
    expected.map((value) => expect.closeTo(value, 3)),
  );
});
