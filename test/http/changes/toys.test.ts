// @module-tag any-database
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, denseRows, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  const uri = `${toysFolder}/dense.onnx`;
  await registerModel(server.ask, { name: 'dense', uri, manifest: denseManifest() });
  await registerModel(server.ask, { name: 'dense', version: '2', uri, manifest: denseManifest(['a2', 'b2', 'c2']) });
  const value = { ...denseManifest(), score: { output: 'score', space: 'VALUE' } };
  await registerModel(server.ask, { name: 'value', uri, manifest: value });
  const strict = {
    ...denseManifest(),
    features: denseManifest().features.map((one, at) => (at === 0 ? { ...one, column: 'a3' } : one)),
  };
  await registerModel(server.ask, { name: 'strict', uri, manifest: strict });
  // Of column a3, row 1 has no value.
  const rows = `SELECT *, CASE WHEN day = 'tue' AND click = 0 THEN NULL ELSE a END AS a3 FROM (${denseRows})`;
  const settings = { label: 'click', partitionBy: 'day', groupBy: 'who' };
  await registerRows(server, 'rows', rows, settings);
  await registerRows(server, 'unlabelled', `SELECT a, b, c FROM (${denseRows})`);
  await registerRows(server, 'lacking', `SELECT a, b, click FROM (${denseRows})`, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

const refusal = async (fields: string, model = 'name: "dense", version: "1"') => {
  const { errors } = await server.ask(`{ model(${model}) { ${fields} } }`);
  const [error] = errors;
  return { code: error?.extensions.code, argument: error?.extensions.argument };
};

describe('two models on the same rows', () => {
  test('of which one orders three rows right and the other wrong', async () => {
    const { model } = await answered(server.ask)<{ model: { comparison: Record<string, unknown> } }>(`{
      model(name: "dense", version: "1") {
        comparison(with: { name: "dense", version: "2" }, rows: { dataset: "rows" }) {
          baseEvaluation { auc } candidateEvaluation { auc } aucDifference aucPValue flipRate
          byPartition { slice rowCount aucDifference meanScoreDifference }
          slices(by: "who") { slice rowCount }
          disagreements(first: 1) { row { index } }
        }
      }
    }`);
    expect(model.comparison).toMatchObject({
      baseEvaluation: { auc: 0 },
      candidateEvaluation: { auc: 1 },
      aucDifference: 1,
      aucPValue: null,
      flipRate: expect.closeTo(2 / 3, 12),
      byPartition: [
        { slice: 'mon', rowCount: 1, aucDifference: null },
        { slice: 'tue', rowCount: 2, aucDifference: 1 },
      ],
      slices: [
        { slice: 'u1', rowCount: 2 },
        { slice: 'u2', rowCount: 1 },
      ],
      disagreements: [{ row: { index: 0 } }],
    });
  });

  test('are joined by row where one of them leaves out a row that it cannot take', async () => {
    const { model } = await answered(server.ask)<{ model: { comparison: Record<string, unknown> } }>(`{
      model(name: "strict") {
        comparison(with: { name: "dense", version: "1" }, rows: { dataset: "rows", invalid: SKIP }) {
          baseEvaluation { rowCount } candidateEvaluation { rowCount } meanAbsoluteDifference scoreCorrelation
          slices(by: "who") { slice rowCount }
        }
      }
    }`);
    expect(model.comparison).toEqual({
      baseEvaluation: { rowCount: 3 },
      candidateEvaluation: { rowCount: 2 },
      meanAbsoluteDifference: 0,
      scoreCorrelation: 1,
      slices: [
        { slice: 'u1', rowCount: 1 },
        { slice: 'u2', rowCount: 1 },
      ],
    });
  });

  test('have no evaluations without a label, nor as plain values; scores are compared all the same', async () => {
    const fields =
      'baseEvaluation { auc } candidateEvaluation { auc } aucDifference logLossDifference meanAbsoluteDifference';
    const { unlabelled, values } = await answered(server.ask)<Record<string, { comparison: object }>>(`{
      unlabelled: model(name: "dense", version: "1") {
        comparison(with: { name: "dense", version: "1" }, rows: { dataset: "unlabelled" }) { ${fields} }
      }
      values: model(name: "value") {
        comparison(with: { name: "value" }, rows: { dataset: "rows" }) { ${fields} }
      }
    }`);
    const none = {
      baseEvaluation: null,
      candidateEvaluation: null,
      aucDifference: null,
      logLossDifference: null,
      meanAbsoluteDifference: 0,
    };
    expect(unlabelled?.comparison).toEqual(none);
    expect(values?.comparison).toEqual(none);
  });

  test.each([
    [
      'a model that is not there',
      'comparison(with: { name: "dens" }, rows: { dataset: "rows" }) { aucDifference }',
      'NOT_FOUND',
      undefined,
    ],
    [
      'a value beside a probability',
      'comparison(with: { name: "value" }, rows: { dataset: "rows" }) { aucDifference }',
      'BAD_USER_INPUT',
      'with',
    ],
    [
      'an unknown partition',
      'comparison(with: { name: "dense" }, rows: { dataset: "rows", partitions: ["sun"] }) { aucDifference }',
      'BAD_USER_INPUT',
      'rows.partitions',
    ],
    [
      'an unknown label',
      'comparison(with: { name: "dense" }, rows: { dataset: "rows" }, label: "clik") { aucDifference }',
      'BAD_USER_INPUT',
      'label',
    ],
    [
      'an unknown column of slices',
      'comparison(with: { name: "dense" }, rows: { dataset: "rows" }) { slices(by: "dey") { slice } }',
      'BAD_USER_INPUT',
      'by',
    ],
    [
      'a level that is none',
      'comparison(with: { name: "dense" }, rows: { dataset: "rows" }) { aucDifferenceInterval(level: 2) { low } }',
      'BAD_USER_INPUT',
      'level',
    ],
    [
      'too many disagreements',
      'comparison(with: { name: "dense" }, rows: { dataset: "rows" }) { disagreements(first: 101) { baseScore } }',
      'BAD_USER_INPUT',
      'first',
    ],
  ])('refuse %s', async (_, fields, code, argument) => {
    expect(await refusal(fields)).toEqual({ code, argument });
  });
});

describe('drift', () => {
  test('of three rows from their first one', async () => {
    const { model } = await answered(server.ask)<{ model: { drift: Record<string, unknown> } }>(`{
      model(name: "dense", version: "1") {
        drift(reference: { dataset: "rows", partitions: ["mon"] }, current: { dataset: "rows", partitions: ["tue"] }) {
          score { ks } aucReference aucCurrent
          features { feature { name } shift { ks wasserstein } missingCurrent unseen }
        }
      }
    }`);
    expect(model.drift).toMatchObject({ score: { ks: 1 }, aucReference: null, aucCurrent: 1 });
    expect(model.drift.features).toEqual(
      expect.arrayContaining([
        { feature: { name: 'x0' }, shift: { ks: 0.5, wasserstein: 0.5 }, missingCurrent: 0, unseen: null },
        { feature: { name: 'x1' }, shift: { ks: 1, wasserstein: 1.5 }, missingCurrent: 0, unseen: null },
        { feature: { name: 'x2' }, shift: { ks: 1, wasserstein: 3.5 }, missingCurrent: 0, unseen: null },
      ]),
    );
  });

  test('may be from another dataset with the same columns, without labels', async () => {
    const { model } = await answered(server.ask)<{ model: { drift: object } }>(`{
      model(name: "dense", version: "1") {
        drift(reference: { dataset: "unlabelled" }, current: { dataset: "rows" }) {
          score { psi jensenShannon ks wasserstein } aucReference aucCurrent features { shift { psi } }
        }
      }
    }`);
    expect(model.drift).toEqual({
      score: { psi: 0, jensenShannon: 0, ks: 0, wasserstein: 0 },
      aucReference: null,
      aucCurrent: 1,
      features: [{ shift: { psi: 0 } }, { shift: { psi: 0 } }, { shift: { psi: 0 } }],
    });
  });

  const rows = '{ dataset: "rows" }';
  test.each([
    [
      'an unknown partition',
      `drift(reference: { dataset: "rows", partitions: ["sun"] }, current: ${rows}) { score { psi } }`,
      'BAD_USER_INPUT',
      'rows.partitions',
    ],
    [
      'rows without the columns of the model',
      `drift(reference: { dataset: "lacking" }, current: ${rows}) { score { psi } }`,
      'BINDING_MISMATCH',
      'reference',
    ],
    [
      'the same of the current rows',
      `drift(reference: ${rows}, current: { dataset: "lacking" }) { score { psi } }`,
      'BINDING_MISMATCH',
      'current',
    ],
    [
      'a dataset that is not there',
      `drift(reference: { dataset: "row" }, current: ${rows}) { score { psi } }`,
      'NOT_FOUND',
      undefined,
    ],
    [
      'a reference without rows',
      `drift(reference: { dataset: "rows", where: [{ column: "a", op: GT, value: 9 }] }, current: ${rows}) { score { psi } }`,
      'BAD_USER_INPUT',
      'reference',
    ],
    [
      'no current rows',
      `drift(reference: ${rows}, current: { dataset: "rows", where: [{ column: "a", op: GT, value: 9 }] }) { score { psi } }`,
      'BAD_USER_INPUT',
      'current',
    ],
    [
      'too many neurons',
      `drift(reference: ${rows}, current: ${rows}) { neurons(first: 10001) { meanChange } }`,
      'BAD_USER_INPUT',
      'first',
    ],
  ])('refuses %s', async (_, fields, code, argument) => {
    expect(await refusal(fields)).toEqual({ code, argument });
  });
});

describe('history', () => {
  test('has for each partition what the model says of it alone, under the same key', async () => {
    const of = (partition: string) => `rows: { dataset: "rows", partitions: ["${partition}"] }`;
    const fields = 'evaluation { rowCount logLoss provenance { key } }';
    const { history, mon, tue } = await answered(server.ask)<Record<string, Record<string, unknown>>>(`{
      history: model(name: "dense", version: "1") {
        history(rows: { dataset: "rows" }) {
          partition ${fields} statistics(layer: "hidden") { mean provenance { key } } saliency { features { score } provenance { key } }
          drift(reference: { dataset: "rows" }) { score { ks } }
        }
      }
      mon: model(name: "dense", version: "1") {
        evaluation(${of('mon')}) { rowCount logLoss provenance { key } }
        layer(name: "hidden") { statistics(${of('mon')}) { mean provenance { key } } }
        saliency(${of('mon')}) { features { score } provenance { key } }
        drift(reference: { dataset: "rows" }, current: { dataset: "rows", partitions: ["mon"] }) { score { ks } }
      }
      tue: model(name: "dense", version: "1") {
        evaluation(${of('tue')}) { rowCount logLoss provenance { key } }
        layer(name: "hidden") { statistics(${of('tue')}) { mean provenance { key } } }
        saliency(${of('tue')}) { features { score } provenance { key } }
        drift(reference: { dataset: "rows" }, current: { dataset: "rows", partitions: ["tue"] }) { score { ks } }
      }
    }`);
    const point = (partition: string, { layer, ...own }: Record<string, unknown>) => ({
      partition,
      ...own,
      ...(layer as object),
    });
    expect(history?.history).toEqual([point('mon', mon ?? {}), point('tue', tue ?? {})]);
  });

  test('is drawn with its reference', async () => {
    const { model } = await answered(server.ask)<{ model: { historyPlot: { data: { values: object[] } } } }>(`{
      model(name: "dense", version: "1") { historyPlot(rows: { dataset: "rows" }, reference: { dataset: "rows", partitions: ["mon"] }) }
    }`);
    expect(model.historyPlot.data.values).toMatchObject([
      { partition: 'mon', rows: 1, positives: 0, AUC: null, PSI: 0 },
      { partition: 'tue', rows: 2, positives: 0.5, AUC: 1 },
    ]);
  });

  test('needs partitions', async () => {
    expect(await refusal('history(rows: { dataset: "unlabelled" }) { partition }')).toEqual({
      code: 'BAD_USER_INPUT',
      argument: 'rows',
    });
  });
});
