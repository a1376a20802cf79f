// @module-tag any-database
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import {
  askToRegisterDataset,
  askToRegisterModel,
  denseManifest,
  denseRows,
  registerModel,
  registerRows,
  toysFolder,
} from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerModel(server.ask, { name: 'clicks', version: 'v12', uri: 'dense.onnx', manifest: named() });
  await registerModel(server.ask, { name: 'other', uri: 'dense.onnx', manifest: denseManifest(['a', 'b', 'heigth']) });
  await registerModel(server.ask, { name: 'ids', uri: 'ids.onnx' });
  await registerRows(server, 'logs', rows, { label: 'click', partitionBy: 'day', groupBy: 'who' });
  await answered(server.ask)(
    'mutation { setModelAlias(input: { model: { name: "clicks" }, alias: "champion" }) { model { id } } }',
  );
});
afterAll(() => server[Symbol.asyncDispose]());

const rows = `SELECT a, b, c AS height, click, day, who FROM (${denseRows})`;
function named() {
  const { score, features } = denseManifest(['a', 'b', 'height']);
  return { score, features: features.map((feature, at) => ({ ...feature, name: ['width', 'depth', 'height'][at] })) };
}

const ofModel = (fields: string, model = 'name: "clicks"') => `{ model(${model}) { ${fields} } }`;
const logs = 'rows: { dataset: "logs" }';
const evaluated = (args: string, fields = 'auc') => ofModel(`evaluation(${args}) { ${fields} }`);
const where = (column: string) => `rows: { dataset: "logs", where: [{ column: "${column}", op: EQ, value: 1 }] }`;

describe('whoever writes a name that there is not is told which one comes close', () => {
  test.each<[place: string, document: string, meant: string, code?: string]>([
    ['a dataset', evaluated('rows: { dataset: "log" }'), 'logs', 'NOT_FOUND'],
    ['a version of a dataset', evaluated('rows: { dataset: "logs", version: "2" }'), '1', 'NOT_FOUND'],
    ['a partition', evaluated('rows: { dataset: "logs", partitions: ["mno"] }'), 'mon'],
    ['a partition of a page', '{ dataset(name: "logs") { rows(partitions: ["mno"]) { totalCount } } }', 'mon'],
    ['a filter’s column', evaluated(where('heigth')), 'height'],
    ['a label', evaluated(`${logs}, label: "clik"`), 'click'],
    ['the column of groups', evaluated(logs, 'gauc(by: "whoo")'), 'who'],
    ['the column of slices', evaluated(logs, 'slices(by: "dya") { slice }'), 'day'],
    ['the columns of segments', evaluated(logs, 'weakSegments(columns: ["dya"]) { slice }'), 'day'],
    ['an output', evaluated(`${logs}, target: { output: "scor" }`), 'score'],
    ['an explained output', ofModel(`saliency(${logs}, target: { output: "scor" }) { rowCount }`), 'score'],
    ['a feature of a response', ofModel(`response(feature: "heigth", ${logs}) { points { value } }`), 'height'],
    ['features of interactions', ofModel(`interactions(features: ["width", "dept"], ${logs}) { score }`), 'depth'],
    ['a feature of a row by hand', ofModel('predictions(rows: [{ widht: 1 }]) { score }'), 'width'],
    ['a feature of an explained row', ofModel('explanationsOf(rows: [{ widht: 1 }]) { score }'), 'width'],
    [
      'a feature of a baseline',
      ofModel(
        `saliency(${logs}, method: INTEGRATED_GRADIENTS, options: { baseline: { values: { widht: 1 } } }) { rowCount }`,
      ),
      'width',
    ],
    ['a layer of probes', ofModel(probes('layers: ["hiden"]')), 'hidden'],
    ['the column of a probe’s target', ofModel(probes('target: { column: "clik" }')), 'click'],
    ['a layer of a similarity', ofModel(`layer(name: "hidden") { similarity(layer: "hiden", ${logs}) }`), 'hidden'],
    [
      'a model to compare with',
      ofModel(`similarity(with: { name: "click" }, ${logs}) { values }`),
      'clicks',
      'NOT_FOUND',
    ],
    [
      'a version of a model to compare with',
      ofModel(`similarity(with: { name: "clicks", version: "v1" }, ${logs}) { values }`),
      'v12',
      'NOT_FOUND',
    ],
    [
      'an alias of a model to compare with',
      ofModel(`similarity(with: { name: "clicks", alias: "champ" }, ${logs}) { values }`),
      'champion',
      'NOT_FOUND',
    ],
    [
      'a model that gets an alias',
      'mutation { setModelAlias(input: { model: { name: "click" }, alias: "x" }) { model { id } } }',
      'clicks',
      'NOT_FOUND',
    ],
    [
      'a column that a feature reads',
      ofModel(`evaluation(${logs}) { auc }`, 'name: "other"'),
      'height',
      'BINDING_MISMATCH',
    ],
    [
      'a column that a response reads',
      ofModel(`response(feature: "x2", ${logs}) { points { value } }`, 'name: "other"'),
      'height',
      'BINDING_MISMATCH',
    ],
    [
      'the rows of frequencies',
      ofModel('features { embeddings { normByFrequency(rows: { dataset: "log" }) { meanNorm } } }', 'name: "ids"'),
      'logs',
      'NOT_FOUND',
    ],
  ])('%s', async (_, document, meant, code = 'BAD_USER_INPUT') => {
    const { errors } = await server.ask(document);
    expect(errors.length).toBeGreaterThan(0);
    for (const { message, extensions } of errors) {
      expect(message).toContain(`Did you mean “${meant}”`);
      expect(extensions.code).toBe(code);
      expect(extensions.similar).toContain(meant);
    }
  });

  test.each<[setting: string, name: string, meant: string]>([
    ['label', 'clik', 'click'],
    ['groupBy', 'whoo', 'who'],
    ['partitionBy', 'dya', 'day'],
  ])('%s of a dataset', async (setting, name, meant) => {
    const { errors } = await askToRegisterDataset(server.ask, { name: 'd', uri: 'logs.parquet', [setting]: name });
    expect(errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', similar: expect.arrayContaining([meant]) } },
    ]);
  });

  const { score, features } = named();
  const changed = (change: object) => ({ score, features: features.map((one) => ({ ...one, ...change })) });
  test.each<[what: string, manifest: object, meant: string, code?: string]>([
    ['a key', { score, feature: features }, 'features', 'BAD_USER_INPUT'],
    ['a key of a feature', changed({ colum: 'a' }), 'column', 'BAD_USER_INPUT'],
    ['a kind', changed({ kind: 'NUMBERIC' }), 'NUMERIC', 'BAD_USER_INPUT'],
    ['a space', { score: { ...score, space: 'PROBABILTY' }, features }, 'PROBABILITY', 'BAD_USER_INPUT'],
    ['an input', changed({ input: 'X1' }), 'x'],
    ['an output', { score: { output: 'scores' }, features }, 'score'],
    ['a logit', { score: { output: 'score', logit: 'logits' }, features }, 'logit'],
    ['an output of a target', { score, targets: [{ output: 'scores' }], features }, 'score'],
  ])('%s of a manifest', async (_, manifest, meant, code = 'BINDING_MISMATCH') => {
    const { errors } = await askToRegisterModel(server.ask, { name: 'm', uri: 'dense.onnx', manifest });
    expect(errors).toMatchObject([{ extensions: { code, similar: expect.arrayContaining([meant]) } }]);
  });
});

function probes(args: string): string {
  return `probes(train: { dataset: "logs" }, test: { dataset: "logs" }, ${args}) { auc }`;
}
