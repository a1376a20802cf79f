// @module-tag any-database
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { info } from '../../../src/compute/tfjs/runtime/runtime.ts';
import { ifNative } from '../../compute/tfjs/native.ts';
import { keras, twinsFolder } from '../../compute/tfjs/twins.ts';
import { answered } from '../../support/ask.ts';
import { freshLocation } from '../../support/database.ts';
import { startProcess } from '../../support/process.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { askToRegisterModel, registerModel, registerRows } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [twinsFolder] });
  await registerModel(server.ask, { name: 'tfjs', uri: 'tfjs', manifest: keras.tfjs.manifest });
  await registerModel(server.ask, { name: 'onnx', uri: keras.onnx.model, manifest: keras.onnx.manifest });
  const rows = `SELECT * FROM read_json('${join(twinsFolder, 'rows.json')}', format = 'newline_delimited')`;
  await registerRows(server, 'rows', rows, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = <Data>(document: string): Promise<Data> => answered(server.ask)<Data>(document);

describe('a folder with a graph model of TensorFlow.js', () => {
  test('is registered like any other model', async () => {
    expect(
      await ask(`{
        model(name: "tfjs") {
          format parameterCount
          executor { name device }
          score { output logitTensor }
          layers { nodes { kind activation units } }
        }
      }`),
    ).toEqual({
      model: {
        format: 'TFJS_GRAPH',
        parameterCount: 155,
        executor: { name: 'TFJS', device: info.device },
        score: { output: 'Identity', logitTensor: 'StatefulPartitionedCall/model/score/Sigmoid/BiasAdd' },
        layers: {
          nodes: [
            { kind: 'EMBEDDING', activation: null, units: 3 },
            { kind: 'EMBEDDING', activation: null, units: 2 },
            { kind: 'POOLING', activation: null, units: 2 },
            { kind: 'INTERACTION', activation: null, units: 8 },
            { kind: 'DENSE', activation: 'relu', units: 8 },
            { kind: 'DENSE', activation: 'tanh', units: 4 },
            { kind: 'DENSE', activation: null, units: 1 },
            { kind: 'OUTPUT', activation: 'sigmoid', units: 1 },
          ],
        },
      },
    });
  });

  test('is evaluated as its ONNX twin is', async () => {
    type Figures = { evaluation: Record<string, number> };
    const { tfjs, onnx } = await ask<{ tfjs: Figures; onnx: Figures }>(`{
      tfjs: model(name: "tfjs") { ...figures }
      onnx: model(name: "onnx") { ...figures }
    }
    fragment figures on Model {
      evaluation(rows: { dataset: "rows" }) { rowCount auc logLoss brier normalizedEntropy }
    }`);
    expect(onnx.evaluation.rowCount).toBe(600);
    for (const [name, value] of Object.entries(onnx.evaluation)) expect(tfjs.evaluation[name]).toBeCloseTo(value, 3);
  });

  test('answers to interventions on neurons and features as its ONNX twin does', async () => {
    type Layers = { layers: { nodes: { name: string }[] } };
    const documents = ['tfjs', 'onnx'].map(async (name) => {
      const { model } = await ask<{ model: Layers }>(
        `{ model(name: "${name}") { layers(kind: [DENSE]) { nodes { name } } } }`,
      );
      const [first, second] = model.layers.nodes.map((layer) => JSON.stringify(layer.name));
      const set = `[
        { neurons: { layer: ${first}, indices: [0, 1, 2], mode: SHUFFLE } }
        { neurons: { layer: ${first}, indices: [3, 4], mode: MEAN } }
        { neurons: { layer: ${second}, mode: SCALE, value: 0.5 } }
        { feature: { name: "visits", mode: SHUFFLE } }
        { feature: { name: "n0", mode: SCALE, value: 2 } }
        { feature: { name: "city", value: 3 } }
      ]`;
      return `${name}: model(name: "${name}") { intervention(set: ${set}, rows: { dataset: "rows" }) { ...change } }`;
    });
    type Change = { intervention: { after: { auc: number; logLoss: number }; scoreChange: { wasserstein: number } } };
    const { tfjs, onnx } = await ask<{ tfjs: Change; onnx: Change }>(`{ ${(await Promise.all(documents)).join('\n')} }
      fragment change on Intervention { after { auc logLoss } scoreChange { wasserstein } }`);
    expect(onnx.intervention.scoreChange.wasserstein).toBeGreaterThan(0.001);
    expect(tfjs.intervention.after.auc).toBeCloseTo(onnx.intervention.after.auc, 3);
    expect(tfjs.intervention.after.logLoss).toBeCloseTo(onnx.intervention.after.logLoss, 4);
    expect(tfjs.intervention.scoreChange.wasserstein).toBeCloseTo(onnx.intervention.scoreChange.wasserstein, 4);
  });

  test('scores the same rows alike', async () => {
    type Scores = { predictions: { score: number }[] };
    const { tfjs, onnx } = await ask<{ tfjs: Scores; onnx: Scores }>(`{
      tfjs: model(name: "tfjs") { ...scores }
      onnx: model(name: "onnx") { ...scores }
    }
    fragment scores on Model {
      predictions(rows: [
        { city: 3, visits: [1, 2], n0: 0.5, n1: -1, n2: 2 }
        { city: 9, visits: [5, 5, 5, 5], n0: 0, n1: 0, n2: 0 }
      ]) { score }
    }`);
    expect(onnx.predictions).toHaveLength(2);
    for (const [at, { score }] of onnx.predictions.entries()) expect(tfjs.predictions[at]?.score).toBeCloseTo(score, 5);
  });
});

describe('a folder with a SavedModel', () => {
  beforeAll(async () => {
    if (info.device !== 'tensorflow') return;
    await registerModel(server.ask, { name: 'saved', uri: 'saved', manifest: keras.saved.manifest });
  });

  ifNative('is registered like any other model, and says what it cannot', async () => {
    expect(
      await ask(`{
        model(name: "saved") {
          format parameterCount
          capabilities { activations gradients interventions blockers { operator node } }
          layers { totalCount }
        }
      }`),
    ).toEqual({
      model: {
        format: 'TF_SAVED_MODEL',
        parameterCount: 155,
        capabilities: {
          activations: false,
          gradients: false,
          interventions: false,
          blockers: [{ operator: 'SavedModel', node: 'serving_default' }],
        },
        layers: { totalCount: 0 },
      },
    });
  });

  ifNative('is evaluated as its ONNX twin is', async () => {
    type Figures = { evaluation: Record<string, number> };
    const { saved, onnx } = await ask<{ saved: Figures; onnx: Figures }>(`{
      saved: model(name: "saved") { ...figures }
      onnx: model(name: "onnx") { ...figures }
    }
    fragment figures on Model {
      evaluation(rows: { dataset: "rows" }) { rowCount auc logLoss brier normalizedEntropy }
    }`);
    for (const [name, value] of Object.entries(onnx.evaluation)) expect(saved.evaluation[name]).toBeCloseTo(value, 5);
  });

  const values = '{ city: 3, visits: [1], n0: 1, n1: 0, n2: -1 }';
  ifNative.each([
    'FEATURE_PERMUTATION',
    `FEATURE_ABLATION, options: { baseline: { values: ${values} } }`,
    `SHAPLEY_SAMPLING, options: { samples: 4, baseline: { values: ${values} } }`,
  ])('is attributed by %s as its ONNX twin is', async (method) => {
    type Found = { saliency: { features: { feature: { name: string }; score: number }[] } };
    const { saved, onnx } = await ask<{ saved: Found; onnx: Found }>(`{
      saved: model(name: "saved") { ...found }
      onnx: model(name: "onnx") { ...found }
    }
    fragment found on Model {
      saliency(rows: { dataset: "rows", sample: 100 }, method: ${method}) { features { feature { name } score } }
    }`);
    const scores = (found: Found) => new Map(found.saliency.features.map((each) => [each.feature.name, each.score]));
    expect(scores(onnx).size).toBe(5);
    for (const [name, score] of scores(onnx)) expect(scores(saved).get(name)).toBeCloseTo(score, 4);
  });

  ifNative('answers to interventions on features as its ONNX twin does, and has no neurons', async () => {
    const set = '[{ feature: { name: "visits", value: [1, 2] } }, { feature: { name: "n1", mode: SHUFFLE } }]';
    type Change = { intervention: { after: { auc: number; logLoss: number } } };
    const { saved, onnx } = await ask<{ saved: Change; onnx: Change }>(`{
      saved: model(name: "saved") { ...changed }
      onnx: model(name: "onnx") { ...changed }
    }
    fragment changed on Model { intervention(set: ${set}, rows: { dataset: "rows" }) { after { auc logLoss } } }`);
    expect(saved.intervention.after.auc).toBeCloseTo(onnx.intervention.after.auc, 3);
    expect(saved.intervention.after.logLoss).toBeCloseTo(onnx.intervention.after.logLoss, 5);
    const { errors } = await server.ask(
      '{ model(name: "saved") { intervention(set: [{ neurons: { layer: "x", value: 0 } }], rows: { dataset: "rows" }) { aucDifference } } }',
    );
    expect(errors).toMatchObject([
      { message: expect.stringContaining('is run as a whole'), extensions: { code: 'UNSUPPORTED_BY_EXECUTOR' } },
    ]);
  });

  ifNative('has no gradients, and the error says which methods need none', async () => {
    const { errors } = await server.ask(
      '{ model(name: "saved") { saliency(rows: { dataset: "rows" }) { features { score } } } }',
    );
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('FEATURE_ABLATION'),
        path: ['model', 'saliency'],
        extensions: { code: 'UNSUPPORTED_BY_EXECUTOR' },
      },
    ]);
  });
});

test('executors lists both', async () => {
  const { executors } = await ask<{ executors: object[] }>(
    '{ executors { name version device formats available note } }',
  );
  expect(executors).toEqual([
    expect.objectContaining({ name: 'ONNXRUNTIME', device: 'cpu', formats: ['ONNX'], available: true, note: null }),
    { ...info, name: 'TFJS', available: true },
  ]);
});

test('a server without a device that works says so, and goes on with ONNX', { timeout: 120_000 }, async () => {
  await using location = await freshLocation();
  const alone = await startProcess(location, twinsFolder, { TFJS_DEVICE: 'abacus' });
  try {
    const { executors } = await answered(alone.ask)<{ executors: object[] }>('{ executors { name available note } }');
    expect(executors).toEqual([
      { name: 'ONNXRUNTIME', available: true, note: null },
      { name: 'TFJS', available: false, note: 'TFJS_DEVICE is “abacus”. There is tensorflow, wasm, cpu.' },
    ]);
    await registerModel(alone.ask, { name: 'onnx', uri: keras.onnx.model, manifest: keras.onnx.manifest });
    const { errors } = await askToRegisterModel(alone.ask, { name: 'tfjs', uri: 'tfjs' });
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('This server has no TensorFlow.js. TFJS_DEVICE is “abacus”.'),
        extensions: { code: 'UNSUPPORTED_BY_EXECUTOR' },
      },
    ]);
  } finally {
    await alone.kill('SIGTERM');
  }
});
