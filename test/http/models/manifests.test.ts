// @module-tag any-database
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

const features = denseManifest().features;
/** `scores` of multitask.onnx: the sigmoids of 1 and −1, of −3 and 6, of 1 and −1 (test/fixtures/toys/README.md). */
const rows = `SELECT * FROM (VALUES (1.0, 1.0, 0.0, 1, 0), (0.0, 1.0, 2.0, 0, 1), (1.0, 1.0, 0.0, 1, NULL)) AS t(a, b, c, click, buy)`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerRows(server, 'rows', rows, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

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

  test('interactions of a head are on its own scale', async () => {
    const interactions = async (model: string, space: string) => {
      const found = await answered(server.ask)<{ model: { interactions: object[] } }>(
        `query ($model: String!, $space: TargetSpace!) { model(name: $model) {
          interactions(rows: { dataset: "rows" }, target: { output: "scores", index: 1, space: $space }) { score }
        } }`,
        { model, space },
      );
      return found.model.interactions;
    };
    await registerModel(server.ask, { name: 'own', uri: 'multitask.onnx', manifest: target({ space: 'VALUE' }) });
    await registerModel(server.ask, { name: 'same', uri: 'multitask.onnx', manifest: target({}) });
    expect(await interactions('own', 'LOGIT')).toEqual(await interactions('same', 'OUTPUT'));
    expect(await interactions('own', 'LOGIT')).not.toEqual(await interactions('same', 'LOGIT'));
  });

  test('a head has its own space: as a LOGIT its score is the sigmoid, a VALUE is judged by no label', async () => {
    await registerModel(server.ask, {
      name: 'raw',
      uri: 'multitask.onnx',
      manifest: target({ space: 'LOGIT', label: 'buy' }),
    });
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

interface Answers {
  readonly predictions: { score: number; target: number }[];
  readonly explanations: {
    nodes: { score: number; target: number; baselineValue: number; attributions: { attribution: number }[] }[];
  };
  readonly saliency: { baselineValue: number };
  readonly response: { points: { mean: number }[] };
  readonly evaluation: { auc: number; logLoss: number };
}

test('the score is the model’s own, whatever is explained', async () => {
  await registerModel(server.ask, {
    name: 'two',
    uri: 'multitask.onnx',
    manifest: {
      score: { output: 'scores', index: 0 },
      targets: [{ output: 'scores', index: 1, space: 'VALUE' }],
      features,
    },
  });
  const target = 'target: { output: "scores", index: 1 }';
  const { model } = await answered(server.ask)<{
    model: Omit<Answers, 'saliency'> & { explanationsOf: object[] };
  }>(`{ model(name: "two") {
    predictions(rows: [{ x0: 1, x1: 1, x2: 0 }, { x0: 0, x1: 1, x2: 2 }], ${target}) { score target }
    explanations(rows: { dataset: "rows" }, first: 2, ${target}) { nodes { score target } }
    explanationsOf(rows: [{ x0: 1, x1: 1, x2: 0 }, { x0: 0, x1: 1, x2: 2 }], ${target}) { score target }
  } }`);
  const wanted = [
    [1, -1],
    [-3, 6],
  ].map(([score, value]) => ({
    score: expect.closeTo(sigmoid(score as number), 6),
    target: expect.closeTo(sigmoid(value as number), 6),
  }));
  expect([model.predictions, model.explanations.nodes]).toEqual([wanted, wanted]);
  expect(model.explanationsOf).toMatchObject(wanted);
});

describe('negative sampling', () => {
  const w = 0.1;
  const ofProbability = (p: number): number => p / (p + (1 - p) / w);

  beforeAll(async () => {
    for (const [name, negativeSampling] of Object.entries({ plain: undefined, sampled: w }))
      await registerModel(server.ask, {
        name,
        uri: 'dense.onnx',
        manifest: { score: { output: 'score', ...(negativeSampling && { negativeSampling }) }, features },
      });
    // Their logits are −6, 1 and 5.
    const values = '(1.0, 2.0, 3.0, 1), (1.0, 0.0, 0.0, 0), (0.0, 1.0, -1.0, 1)';
    await registerRows(server, 'one', 'SELECT 1.0 AS a, 0.0 AS b, 0.0 AS c');
    await registerRows(server, 'three', `SELECT * FROM (VALUES ${values}) AS t(a, b, c, click)`, { label: 'click' });
  });

  const asked = async (model: string, space: string) => {
    const document = `query ($model: String!, $space: TargetSpace!) { model(name: $model) {
      predictions(
        rows: [{ x0: 1, x1: 2, x2: 3 }, { x0: 1, x1: 0, x2: 0 }, { x0: 0, x1: 1, x2: -1 }], target: { space: $space }
      ) { score target }
      explanations(rows: { dataset: "three" }, target: { space: $space }, method: INTEGRATED_GRADIENTS) {
        nodes { score target baselineValue attributions { attribution } }
      }
      saliency(rows: { dataset: "three" }, target: { space: $space }, method: INTEGRATED_GRADIENTS) { baselineValue }
      response(feature: "x0", rows: { dataset: "one" }, target: { space: $space }) { points { mean } }
      evaluation(rows: { dataset: "three" }) { ...figures }
    } } ${evaluations}`;
    return (await answered(server.ask)<{ model: Answers }>(document, { model, space })).model;
  };

  /** Everything that is a target, or a mean of targets that are equal. */
  const targetsOf = ({ predictions, explanations, saliency, response }: Answers): number[] => [
    ...[...predictions, ...explanations.nodes].map(({ target }) => target),
    ...explanations.nodes.map(({ baselineValue }) => baselineValue),
    saliency.baselineValue,
    ...response.points.map(({ mean }) => mean),
  ];

  test.each([
    ['LOGIT', (z: number) => z + Math.log(w)],
    ['PROBABILITY', ofProbability],
    ['OUTPUT', ofProbability],
  ])('corrects the score and, as %s, everything that is told of the target', async (space, corrected) => {
    const [plain, sampled] = [await asked('plain', space), await asked('sampled', space)];
    for (const kind of ['predictions', 'explanations'] as const) {
      const scores = kind === 'predictions' ? sampled.predictions : sampled.explanations.nodes;
      expect(scores.map(({ score }) => score)).toEqual(
        [-6, 1, 5].map((z) => expect.closeTo(ofProbability(sigmoid(z)), 6)),
      );
    }
    expect(targetsOf(sampled)).toEqual(targetsOf(plain).map((target) => expect.closeTo(corrected(target), 5)));
  });

  test('leaves the attributions of the logit as they are', async () => {
    const attributionsOf = ({ explanations }: Answers) =>
      explanations.nodes.flatMap(({ attributions }) => attributions.map(({ attribution }) => attribution));
    const [plain, sampled] = [await asked('plain', 'LOGIT'), await asked('sampled', 'LOGIT')];
    expect(attributionsOf(sampled)).toEqual(attributionsOf(plain).map((own) => expect.closeTo(own, 5)));
  });

  test('changes no rank', async () => {
    const [plain, sampled] = [await asked('plain', 'LOGIT'), await asked('sampled', 'LOGIT')];
    expect(sampled.evaluation.auc).toBe(plain.evaluation.auc);
    expect(sampled.evaluation.logLoss).not.toBeCloseTo(plain.evaluation.logLoss, 2);
  });
});
