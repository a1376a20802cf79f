// @module-tag any-database
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ModelProto, ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { answered } from '../../support/ask.ts';
import { encoded, looped, loopedAndBent } from '../../support/blocked.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

const numbers = ['a', 'b'].map((column, index) => ({ name: column, kind: 'NUMERIC', column, input: 'x', index }));
const ids = [
  { name: 'word', kind: 'CATEGORICAL', column: 'word', input: 'word' },
  { name: 'id', kind: 'CATEGORICAL', column: 'id', input: 'id' },
  { name: 'a', kind: 'NUMERIC', column: 'a', input: 'x' },
];

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerModel(server.ask, { name: 'open', uri: 'dense.onnx', manifest: denseManifest() });
  const register = async (name: string, model: ModelProto, features: object[]): Promise<void> => {
    await writeFile(join(server.folder, `${name}.onnx`), toBinary(ModelProtoSchema, model));
    const manifest = { score: { output: 'score', space: 'PROBABILITY' }, features };
    await registerModel(server.ask, { name, uri: `${name}.onnx`, manifest });
  };
  await register('looped', looped(), numbers);
  await register('bent', loopedAndBent(), numbers);
  await register('encoded', encoded(), ids);
  const rows = `SELECT * FROM (VALUES (1.0, 0.0, 10, 0, 1), (0.0, 1.0, 20, 1, 0), (1.0, 1.0, 30, 2, 0), (0.5, 0.0, 10, 0, 1))
    AS rows(a, b, word, id, click)`;
  await registerRows(server, 'rows', rows, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = <Data>(document: string): Promise<Data> => answered(server.ask)<Data>(document);
const capabilities = 'capabilities { activations gradients interventions blockers { operator node reason } }';

describe('what can be done with a model', () => {
  test('is everything with a net of known operators', async () => {
    const { model } = await ask<{ model: unknown }>(`{ model(name: "open") { ${capabilities} } }`);
    expect(model).toEqual({
      capabilities: { activations: true, gradients: true, interventions: true, blockers: [] },
    });
  });

  test.each([
    ['looped', [['Loop', 'quadrupled', 'this operator has no rule']]],
    [
      'bent',
      [
        ['Gelu', 'bent', 'this operator has no rule'],
        ['Loop', 'quadrupled', 'this operator has no rule'],
      ],
    ],
    ['encoded', [['LabelEncoder', 'coded', expect.stringContaining('“word”')]]],
  ])('%s names the operators that are in the way of gradients', async (name, blockers) => {
    const { model } = await ask<{ model: unknown }>(`{ model(name: "${name}") { ${capabilities} } }`);
    expect(model).toEqual({
      capabilities: {
        activations: true,
        gradients: false,
        interventions: true,
        blockers: blockers.map(([operator, node, reason]) => ({ operator, node, reason })),
      },
    });
  });
});

describe('a model that cannot be differentiated', () => {
  test('is evaluated and perturbed in the same query that asks for what it lacks', async () => {
    const { data, errors } = await server.ask<{ model: { evaluation: object; permuted: object; gradient: null } }>(`{
      model(name: "encoded") {
        evaluation(rows: { dataset: "rows" }) { rowCount }
        gradient: saliency(rows: { dataset: "rows" }) { rowCount }
        permuted: saliency(rows: { dataset: "rows" }, method: FEATURE_PERMUTATION) { rowCount }
        replaced: saliency(
          rows: { dataset: "rows" }, method: FEATURE_ABLATION, options: { baseline: { values: { word: 10, id: 0, a: 0 } } }
        ) { rowCount }
        response(feature: "word", rows: { dataset: "rows" }) { points { rowCount } }
      }
    }`);
    const four = { rowCount: 4 };
    expect(data.model).toEqual({
      evaluation: four,
      gradient: null,
      permuted: four,
      replaced: four,
      response: { points: [four, four, four] },
    });
    expect(errors.map(({ path, message }) => [path, message])).toEqual([
      [
        ['model', 'gradient'],
        expect.stringMatching(/“coded” \(LabelEncoder\) is in the way .* Ask for FEATURE_PERMUTATION/),
      ],
    ]);
  });

  test('is evaluated, and scores rows', async () => {
    type Answer = { model: { evaluation: { auc: number; rowCount: number }; predictions: { target: number }[] } };
    const { model } = await ask<Answer>(`{ model(name: "looped") {
      evaluation(rows: { dataset: "rows" }) { auc rowCount }
      predictions(rows: [{ a: 1, b: 0 }, { a: 0, b: 1 }]) { target }
    } }`);
    expect(model.evaluation).toEqual({ auc: 1, rowCount: 4 });
    expect(model.predictions.map(({ target }) => Math.round(target * 1e4) / 1e4)).toEqual([4, -4]);
  });

  test('has attributions by the methods that need no gradient', async () => {
    type Saliency = { features: { feature: { name: string }; mean: number; score: number }[] };
    type Answer = { model: { [method: string]: Saliency } & { interactions: { score: number }[] } };
    const asked = ['FEATURE_ABLATION', 'FEATURE_PERMUTATION', 'SHAPLEY_SAMPLING']
      .map(
        (method) =>
          `${method}: saliency(rows: { dataset: "rows" }, method: ${method}) { features { feature { name } mean score } }`,
      )
      .join('\n');
    const { model } = await ask<Answer>(
      `{ model(name: "looped") { ${asked} interactions(rows: { dataset: "rows" }) { score } } }`,
    );
    // logit = 4a − 4b, by the log of a probability: a is 2.5 / 4 on average, b 2 / 4.
    for (const method of ['FEATURE_ABLATION', 'SHAPLEY_SAMPLING']) {
      const means = Object.fromEntries(model[method]?.features.map(({ feature, mean }) => [feature.name, mean]) ?? []);
      expect(means.a).toBeCloseTo(2.5, 3);
      expect(means.b).toBeCloseTo(-2, 3);
    }
    expect(model.FEATURE_PERMUTATION?.features).toHaveLength(2);
    expect(model.interactions[0]?.score).toBeCloseTo(0, 3);
  });

  test.each([
    ['looped', { code: 'UNSUPPORTED_OPERATOR', operator: 'Loop', node: 'quadrupled' }],
    ['bent', { code: 'UNSUPPORTED_OPERATOR', operator: 'Gelu', node: 'bent' }],
    ['encoded', { code: 'UNSUPPORTED_OPERATOR', operator: 'LabelEncoder', node: 'coded', feature: 'word' }],
  ])('%s says so when its gradient is asked for', async (name, error) => {
    const { data, errors } = await server.ask(
      `{ model(name: "${name}") { name saliency(rows: { dataset: "rows" }) { rowCount } } }`,
    );
    expect(data).toEqual({ model: { name, saliency: null } });
    expect(errors).toHaveLength(1);
    expect(errors[0]?.extensions).toMatchObject(error);
  });
});
