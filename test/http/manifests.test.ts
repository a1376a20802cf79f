import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../support/ask.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { denseManifest, registerModel, registerRows, toysFolder } from '../support/toys.ts';

const features = denseManifest().features;
/** `scores` of multitask.onnx: the sigmoids of 1 and −1, of −3 and 6, of 1 and −1 (test/fixtures/toys/README.md). */
const rows = `SELECT * FROM (VALUES (1.0, 1.0, 0.0, 1, 0), (0.0, 1.0, 2.0, 0, 1), (1.0, 1.0, 0.0, 1, NULL)) AS t(a, b, c, click, buy)`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerRows(server, 'rows', rows, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

const evaluations = `fragment figures on Evaluation { rowCount positiveCount unlabelledCount auc logLoss calibrationRatio }`;

describe('targets of a manifest', () => {
  const target = (more: object) => ({
    score: { output: 'scores', index: 0 },
    targets: [{ output: 'scores', index: 1, ...more }],
    features,
  });
  const document = `query ($model: String!) { model(name: $model) {
    manifest
    score: evaluation(rows: { dataset: "rows" }) { ...figures }
    head: evaluation(rows: { dataset: "rows" }, target: { output: "scores", index: 1 }) { ...figures }
    told: evaluation(rows: { dataset: "rows" }, target: { output: "scores", index: 1 }, label: "click") { ...figures }
  } } ${evaluations}`;

  test('a head is judged by its own label, unless a question names another', async () => {
    await registerModel(server.ask, { name: 'heads', uri: 'multitask.onnx', manifest: target({ label: 'buy' }) });
    const { model } = await answered(server.ask)<{ model: Record<string, object> }>(document, { model: 'heads' });
    expect(model.manifest).toMatchObject({
      targets: [{ output: 'scores', index: 1, space: 'PROBABILITY', label: 'buy' }],
    });
    expect(model.score).toMatchObject({ rowCount: 3, positiveCount: 2, unlabelledCount: 0, auc: 1 });
    expect(model.head).toMatchObject({ rowCount: 2, positiveCount: 1, unlabelledCount: 1, auc: 1 });
    expect(model.told).toMatchObject({ rowCount: 3, positiveCount: 2, unlabelledCount: 0, auc: 0 });
  });

  test('a head has its own space: as a LOGIT its score is the sigmoid, a VALUE is judged by no label', async () => {
    await registerModel(server.ask, {
      name: 'raw',
      uri: 'multitask.onnx',
      manifest: target({ space: 'LOGIT', label: 'buy' }),
    });
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const losses = [-Math.log(1 - sigmoid(sigmoid(-1))), -Math.log(sigmoid(sigmoid(6)))];
    const { model } = await answered(server.ask)<{ model: { head: { logLoss: number } } }>(document, { model: 'raw' });
    expect(model.head.logLoss).toBeCloseTo(((losses[0] as number) + (losses[1] as number)) / 2, 5);
    await registerModel(server.ask, { name: 'value', uri: 'multitask.onnx', manifest: target({ space: 'VALUE' }) });
    const { errors } = await server.ask(document, { model: 'value' });
    expect(errors.map(({ extensions }) => [extensions.code, extensions.argument])).toEqual([
      ['BAD_USER_INPUT', 'target'],
      ['BAD_USER_INPUT', 'target'],
    ]);
  });
});

describe('negative sampling', () => {
  test('scores are p / (p + (1 − p) / w); what is explained is the model’s own logit', async () => {
    const w = 0.1;
    for (const negativeSampling of [undefined, w])
      await registerModel(server.ask, {
        name: negativeSampling === undefined ? 'plain' : 'sampled',
        uri: 'dense.onnx',
        manifest: { score: { output: 'score', ...(negativeSampling && { negativeSampling }) }, features },
      });
    const scoresOf = async (model: string) => {
      const { model: found } = await answered(server.ask)<{
        model: { predictions: { score: number; target: number }[]; evaluation: { auc: number; logLoss: number } };
      }>(
        `query ($model: String!) { model(name: $model) {
          predictions(rows: [{ x0: 1, x1: 2, x2: 3 }, { x0: 1, x1: 0, x2: 0 }, { x0: 0, x1: 1, x2: -1 }]) { score target }
          evaluation(rows: { dataset: "rows" }) { ...figures }
        } } ${evaluations}`,
        { model },
      );
      return found;
    };
    const [plain, sampled] = [await scoresOf('plain'), await scoresOf('sampled')];
    expect(plain.predictions.map(({ target }) => target)).toEqual([-6, 1, 5].map((logit) => expect.closeTo(logit, 5)));
    for (const [row, { score: p }] of plain.predictions.entries())
      expect(sampled.predictions[row]?.score).toBeCloseTo(p / (p + (1 - p) / w), 6);
    expect(sampled.evaluation.auc).toBe(plain.evaluation.auc);
    expect(sampled.evaluation.logLoss).not.toBeCloseTo(plain.evaluation.logLoss, 2);
  });
});
