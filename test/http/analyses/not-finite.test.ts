// @module-tag any-database
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { float32 } from '../../../src/compute/tensor.ts';
import { modelOf } from '../../compute/onnx/models.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  // What goes in is finite; the sums inside the net are beyond float32.
  const far = `SELECT * FROM (VALUES (3e38, 3e38, -3e38, 0), (1.0, 0.0, 0.0, 1)) AS rows(a, b, c, click)`;
  const odd = { ...denseManifest(), score: { output: 'logit', space: 'PROBABILITY' } };
  await registerModel(server.ask, { name: 'odd', uri: 'logit.onnx', manifest: odd });
  await registerRows(server, 'low', 'SELECT unnest([1.1, 1.5]) AS a, 0.0 AS b, 0.0 AS c, 1 AS click', {
    label: 'click',
  });
  await registerRows(server, 'far', far, { label: 'click' });
  // Here the sums are finite, and their squares are not.
  await registerRows(server, 'large', far.replaceAll('3e38', '3e28'), { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

const layer = (fields: string): string => `layer(name: "hidden") { ${fields} }`;

test.each([
  [
    'moments',
    layer('statistics(rows: { dataset: "far" }) { mean standardDeviation }'),
    /Neuron 0 .* no moments: it is infinite, NaN or too large on row 0\./,
  ],
  ['examples', layer('neuron(index: 0) { topExamples(rows: { dataset: "far" }) { activation } }'), /Neuron 0 .* row 0/],
  [
    'attributions',
    'saliency(rows: { dataset: "far" }, method: INPUT_X_GRADIENT) { features { score } }',
    /feature “x0” is infinite or NaN on row 0/,
  ],
  [
    'explanations',
    'explanations(rows: { dataset: "far" }, method: INPUT_X_GRADIENT) { nodes { score } }',
    /feature “x0” is infinite or NaN on row 0/,
  ],
  ['gaps', layer('conductanceConvergence(rows: { dataset: "far" }) { meanAbsolute }'), /The gap .* on some row/],
  ['projections', layer('projection(rows: { dataset: "large" }) { points { score } }'), /too large to be squared/],
  [
    'probes',
    layer('probe(train: { dataset: "large" }, test: { dataset: "large" }) { auc }'),
    /“hidden” has values that are not finite, or too large/,
  ],
])('%s that are not finite are ANALYSIS_FAILED, and name where', async (_, field, message) => {
  const { errors } = await server.ask(`{ model(name: "dense") { ${field} } }`);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ extensions: { code: 'ANALYSIS_FAILED' } });
  expect(errors[0]?.message).toMatch(message);
});

describe('the row that makes a figure over rows infinite is named', () => {
  const rowCount = 37;
  const bad = [23, 24, 31];
  beforeAll(async () => {
    const a = `CASE WHEN range IN (${bad.join(', ')}) THEN 3e38 ELSE 1.0 END`;
    const select = `SELECT ${a} AS a, ${a} AS b, -${a} AS c, range % 2 AS click, range AS at FROM range(${rowCount})`;
    await registerRows(server, 'among', select, { label: 'click' });
  });

  const figures = {
    saliency: (rows: string) => `saliency(${rows}, method: INPUT_X_GRADIENT) { features { score } }`,
    statistics: (rows: string) => layer(`statistics(${rows}) { mean }`),
    response: (rows: string) => `response(feature: "x0", ${rows}) { points { mean } }`,
    interactions: (rows: string) => `interactions(${rows}) { score }`,
    conductance: (rows: string) => layer(`conductance(${rows}) { mean }`),
  };
  const ranges = [
    ['', bad[0]],
    [', where: [{ column: "at", op: GT, value: 23 }]', bad[1]],
    [', where: [{ column: "at", op: IN, value: [30, 31, 36] }]', bad[2]],
    [', where: [{ column: "at", op: EQ, value: 31 }]', bad[2]],
  ] as const;

  test.each(
    Object.entries(figures).flatMap(([name, field]) =>
      ranges.map(([where, row]) => [name, where, row, field] as const),
    ),
  )('%s%s: row %i', async (_, where, row, field) => {
    const rows = `rows: { dataset: "among"${where} }`;
    const { errors } = await server.ask(`{ model(name: "dense") { ${field(rows)} } }`);
    expect(errors).toMatchObject([
      { message: expect.stringContaining(` on row ${row}.`), extensions: { code: 'ANALYSIS_FAILED', row } },
    ]);
  });

  test('and nothing is said of rows that are fit', async () => {
    const rows = 'rows: { dataset: "among", where: [{ column: "at", op: LT, value: 23 }] }';
    const fields = Object.values(figures).map((field, at) => `f${at}: model(name: "dense") { ${field(rows)} }`);
    expect((await server.ask(`{ ${fields.join(' ')} }`)).errors).toEqual([]);
  });
});

test('layers whose squares are not finite are like nothing', async () => {
  const { data, errors } = await server.ask(
    '{ model(name: "dense") { similarity(rows: { dataset: "large" }) { baseLayers { name } values } } }',
  );
  expect(errors).toEqual([]);
  const { baseLayers, values } = data.model.similarity;
  const at = (name: string): number => baseLayers.findIndex((own: { name: string }) => own.name === name);
  expect(values[at('hidden')]).toEqual(baseLayers.map(() => null));
  expect(values[at('score')][at('score')]).toBe(1);
});

test('predictions that are not finite are ANALYSIS_FAILED, and name the row; large numbers are numbers', async () => {
  const predict = 'query ($rows: [JSON!]!) { model(name: "dense") { predictions(rows: $rows) { target } } }';
  const rows = [1, '10000000000000000000', 3e38].map((x0) => ({ x0, x1: 0, x2: 0 }));
  const { data } = await server.ask(predict, { rows: rows.slice(0, 2) });
  expect(data.model.predictions[0]).toEqual({ target: 1 });
  expect(data.model.predictions[1].target / 2e19).toBeCloseTo(1, 6);
  const { errors } = await server.ask(predict, { rows });
  expect(errors[0]).toMatchObject({ extensions: { code: 'ANALYSIS_FAILED', row: 2 } });
});

test('a target at the baseline that is not finite fails what tells it, and no attribution', async () => {
  // Its output is 0.7 on the row and −2 at the baseline: outside of (0, 1) there is no logit, though there are slopes.
  await registerRows(server, 'near', 'SELECT 0.9 AS a, 0.0 AS b, 0.0 AS c');
  const { data, errors } = await server.ask(`{ model(name: "odd") {
    saliency(rows: { dataset: "near" }, method: INTEGRATED_GRADIENTS) {
      baselineValue convergence { converged } features { score }
    }
    explanations(rows: { dataset: "near" }) {
      nodes { baselineValue convergenceDelta plot attributions { attribution } }
    }
  } }`);
  const fields = ['saliency.baselineValue', 'saliency.convergence'];
  const ofRows = ['baselineValue', 'convergenceDelta'].map((field) => `explanations.nodes.0.${field}`);
  expect(errors.map(({ path, extensions }) => [path?.slice(1).join('.'), extensions.code]).toSorted()).toEqual(
    [...fields, ...ofRows].map((path) => [path, 'ANALYSIS_FAILED']).toSorted(),
  );
  expect(errors.filter(({ path }) => path?.includes('nodes')).map(({ extensions }) => extensions.row)).toEqual([0, 0]);
  expect(data.model.saliency.features).toHaveLength(3);
  expect(data.model.explanations.nodes[0].attributions).toHaveLength(3);
});

test('a group that is not finite fails groups, and no feature', async () => {
  const sum = modelOf({
    inputs: { x: ['float32', [null, 2]] },
    weights: { w: float32([2, 1], [1, 1]) },
    nodes: [
      ['MatMul', 'x w', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });
  await writeFile(join(server.folder, 'sum.onnx'), toBinary(ModelProtoSchema, sum));
  const features = ['a', 'b'].map((name, index) => ({ name, kind: 'NUMERIC', input: 'x', index, group: 'both' }));
  await registerModel(server.ask, { name: 'sum', uri: 'sum.onnx', manifest: { features } });
  await registerRows(server, 'zero', 'SELECT 0.0 AS a, 0.0 AS b');
  const asked = (fields: string) =>
    server.ask(`{ model(name: "sum") { saliency(rows: { dataset: "zero" }, method: FEATURE_ABLATION,
      options: { baseline: { values: { a: 2e38, b: 2e38 } } }) { ${fields} } } }`);
  const { data, errors } = await asked('features { score }');
  expect(errors).toEqual([]);
  expect(data.model.saliency.features[0].score / 2e38).toBeCloseTo(1, 6);
  const groups = await asked('groups { score }');
  expect(groups.errors).toMatchObject([{ extensions: { code: 'ANALYSIS_FAILED', group: 'both', row: 0 } }]);
});

test('scores that are no probabilities fail what needs them, and nothing else that was asked with it', async () => {
  const { data, errors } = await server.ask(`{ model(name: "odd") {
    evaluation(rows: { dataset: "low" }) { auc }
    saliency(rows: { dataset: "low" }, target: { space: OUTPUT }) { features { score } }
    layer(name: "hidden") { statistics(rows: { dataset: "low" }) { observationCount effectiveRank } }
  } }`);
  expect(errors.map(({ path, extensions }) => [path?.join('.'), extensions.code])).toEqual([
    ['model.evaluation', 'ANALYSIS_FAILED'],
  ]);
  expect(data.model.saliency.features[0]).toEqual({ score: 4 });
  expect(data.model.layer.statistics.observationCount).toBe(2);
});

test('questions of one pass that cannot be answered for different reasons each get their own', async () => {
  const { errors } = await server.ask(`{ model(name: "odd") {
    evaluation(rows: { dataset: "far" }) { auc }
    layer(name: "hidden") { statistics(rows: { dataset: "far" }) { mean } }
  } }`);
  const messages = Object.fromEntries(errors.map(({ path, message }) => [path?.join('.'), message]));
  expect(messages['model.evaluation']).toMatch(/score/);
  expect(messages['model.layer.statistics']).toMatch(/hidden/);
});
