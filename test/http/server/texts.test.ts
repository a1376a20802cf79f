// @module-tag any-database
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ModelProto, ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { askToRegisterModel, registerModel, registerRows } from '../../support/toys.ts';
import { cased, spelled, twoWorded, worded } from '../../support/worded.ts';

/** Models that take texts, and make ids of them themselves. */
const word = { name: 'word', kind: 'CATEGORICAL', column: 'word', input: 'word' };
const x = { name: 'x', kind: 'NUMERIC', column: 'x', input: 'x' };
const pair = ['first', 'second'].map((name, index) => ({ name, kind: 'CATEGORICAL', column: name, index }));

let server: TestServer;
const manifestOf = (features: object[]) => ({ score: { output: 'score', space: 'PROBABILITY' }, features });
const write = (name: string, model: ModelProto): Promise<void> =>
  writeFile(join(server.folder, `${name}.onnx`), toBinary(ModelProtoSchema, model));

beforeAll(async () => {
  server = await startServer();
  for (const [name, model, ...features] of [
    ['worded', worded(), word, x],
    ['forgiving', worded(), { ...word, missing: 'green' }, { ...x, missing: 0 }],
    ['pair', twoWorded(), ...pair],
    ['spelled', spelled(), { name: 'number', kind: 'CATEGORICAL' }],
    ['cased', cased(), word],
  ] as [string, ModelProto, ...object[]][]) {
    await write(name, model);
    await registerModel(server.ask, { name, uri: `${name}.onnx`, manifest: manifestOf(features) });
  }
  // Logits of `worded`: 1, 3, 2, 2; of `pair`: 21, 2, 4, 10.
  const few = `SELECT * FROM (VALUES
    ('red', 0.0, 'red', 'green', 7, 0), ('green', 1.0, 'green', 'pink', 7, 1),
    ('7', -2.0, '7', '', 7, 1), ('pink', 2.0, 'blue', 'red', 8, 0)) AS rows(word, x, first, second, number, click)`;
  await registerRows(server, 'few', few, { label: 'click' });
  await registerRows(server, 'holes', `SELECT * FROM (VALUES ('red', 0.0), (NULL, 0.0), ('7', 0.0)) AS rows(word, x)`);
  // Every batch meets the words in another order.
  const many = `SELECT ['red', 'green', '7'][1 + (i // 500) % 3] AS word, 0.0 AS x, i % 2 AS click FROM range(9000) AS r(i)`;
  await registerRows(server, 'many', many, { label: 'click' });
  await registerRows(server, 'numbers', 'SELECT 6 + i AS word, 0.0 AS x, i AS number FROM range(3) AS r(i)');
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = <Data>(document: string): Promise<Data> => answered(server.ask)<Data>(document);
const rounded = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, part) => (typeof part === 'number' ? Math.round(part * 1e4) / 1e4 + 0 : part));

interface Figures {
  readonly rowCount: number;
  readonly features: readonly {
    readonly feature: { readonly name: string };
    readonly mean: number;
    readonly score: number;
  }[];
}
const figures = 'rowCount features { feature { name } mean score }';

/** By feature: [mean, score]. */
const byFeature = ({ features }: Figures): unknown =>
  rounded(Object.fromEntries(features.map(({ feature, mean, score }) => [feature.name, [mean, score]])));

async function saliency(model: string, rows: string, options: string): Promise<Figures> {
  const document = `{ model(name: "${model}") { saliency(rows: { ${rows} }, ${options}) { ${figures} } } }`;
  return (await ask<{ model: { saliency: Figures } }>(document)).model.saliency;
}

const ablationFrom = (values: string): string =>
  `method: FEATURE_ABLATION, options: { baseline: { values: { ${values} } } }`;

describe('a model that takes texts', () => {
  test('says so, and what is in the way of gradients', async () => {
    const { model } = await ask<{ model: object }>(`{ model(name: "worded") {
      inputs { name dtype shape }
      features { name carriers { name } }
      capabilities { activations gradients interventions blockers { operator node reason } }
      layers { nodes { name kind } }
    } }`);
    expect(model).toEqual({
      inputs: [
        { name: 'word', dtype: 'string', shape: [null, 1] },
        { name: 'x', dtype: 'float32', shape: [null, 1] },
      ],
      features: [
        { name: 'word', carriers: [] },
        { name: 'x', carriers: [{ name: 'x' }] },
      ],
      capabilities: {
        activations: true,
        gradients: false,
        interventions: true,
        blockers: [{ operator: 'LabelEncoder', node: 'coded', reason: expect.stringContaining('“word”') }],
      },
      layers: {
        nodes: [
          { name: 'looked', kind: 'EMBEDDING' },
          { name: 'worth', kind: 'DENSE' },
          { name: 'score', kind: 'OUTPUT' },
        ],
      },
    });
  });

  test.each([
    [
      'worded',
      '{ word: "red", x: 1 }, { word: 7, x: 0 }, { word: "unheard of", x: 3 }, { word: true, x: 0 }',
      [2, 4, 3, 0],
    ],
    ['forgiving', '{ x: 1 }', [3]],
    ['pair', '{ first: "red", second: "green" }, { first: "", second: "7" }', [21, 40]],
    ['cased', '{ word: "Red" }, { word: "GREEN" }, { word: "blue" }', [1, 2, 0]],
    ['spelled', '{ number: "0" }, { number: 2 }', [5, 9]],
  ])('%s scores rows written by hand', async (name, rows, targets) => {
    const { model } = await ask<{ model: { predictions: object[] } }>(
      `{ model(name: "${name}") { predictions(rows: [${rows}]) { target } } }`,
    );
    expect(rounded(model.predictions)).toEqual(targets.map((target) => ({ target })));
  });

  test('is evaluated, measured, probed, and answers to every text', async () => {
    const { model } = await ask<{ model: object }>(`{ model(name: "worded") {
      evaluation(rows: { dataset: "few" }) { auc rowCount }
      layer(name: "looked") {
        statistics(rows: { dataset: "few" }) { neurons { mean } }
        probe(train: { dataset: "few" }, test: { dataset: "few" }) { auc }
      }
      response(feature: "word", rows: { dataset: "few" }) { points { value mean standardDeviation } }
    } }`);
    // x is 0, 1, −2 and 2: on average 0.25.
    const standardDeviation = 1.479;
    expect(rounded(model)).toEqual({
      // Of the pairs of a click and none: 3 > 1, 3 > 2, 2 > 1 and 2 = 2.
      evaluation: { auc: 0.875, rowCount: 4 },
      layer: { statistics: { neurons: { mean: [1, 0.75] } }, probe: { auc: 1 } },
      response: {
        points: [
          { value: '7', mean: 4.25, standardDeviation },
          { value: 'green', mean: 2.25, standardDeviation },
          { value: 'pink', mean: 0.25, standardDeviation },
          { value: 'red', mean: 1.25, standardDeviation },
        ],
      },
    });
  });

  test('answers to one of several texts in an input', async () => {
    const { model } = await ask<{ model: object }>(
      '{ model(name: "pair") { response(feature: "second", rows: { dataset: "few" }) { points { value mean } } } }',
    );
    // The first is worth 1.75 on average.
    expect(rounded(model)).toEqual({
      response: {
        points: [
          { value: '', mean: 1.75 },
          { value: 'green', mean: 21.75 },
          { value: 'pink', mean: 1.75 },
          { value: 'red', mean: 11.75 },
        ],
      },
    });
  });

  test('is compared with another one that takes the same texts', async () => {
    const { model } = await ask<{ model: { similarity: { values: (number | null)[][] } } }>(
      '{ model(name: "worded") { similarity(rows: { dataset: "many" }, with: { name: "forgiving" }) { values } } }',
    );
    expect(model.similarity.values[0]?.[0]).toBeCloseTo(1, 6);
  });
});

describe('attributions to a text', () => {
  test.each([
    ['FEATURE_ABLATION', 'worded', 'values: { word: "pink", x: 0 }', { word: [1.75, 1.75], x: [0.25, 1.25] }],
    ['SHAPLEY_SAMPLING', 'worded', 'values: { word: "pink", x: 0 }', { word: [1.75, 1.75], x: [0.25, 1.25] }],
    ['FEATURE_ABLATION', 'forgiving', 'kind: MISSING', { word: [-0.25, 1.25], x: [0.25, 1.25] }],
    ['SHAPLEY_SAMPLING', 'forgiving', 'kind: MISSING', { word: [-0.25, 1.25], x: [0.25, 1.25] }],
    ['FEATURE_ABLATION', 'pair', 'values: { first: "", second: "" }', { first: [1.75, 1.75], second: [7.5, 7.5] }],
  ])('%s of %s from %s', async (method, model, baseline, expected) => {
    const options = `method: ${method}, options: { baseline: { ${baseline} } }`;
    expect(byFeature(await saliency(model, 'dataset: "few"', options))).toEqual(expected);
  });

  test('by permutation are those of the other row, where there are two', async () => {
    const rows = 'dataset: "few", where: [{ column: "word", op: IN, value: ["red", "7"] }]';
    const found = await saliency('worded', rows, 'method: FEATURE_PERMUTATION');
    expect(byFeature(found)).toEqual({ word: [0, 3], x: [0, 2] });
  });

  test('hold over many batches, each of which meets the texts in another order', async () => {
    const rows = 'dataset: "many"';
    // Each row lends its word once, so that on average nothing changes; words are worth 7/3 on average.
    const permuted = await saliency('worded', rows, 'method: FEATURE_PERMUTATION, options: { samples: 3 }');
    expect(permuted.rowCount).toBe(9000);
    expect(byFeature(permuted)).toEqual({ word: [0, expect.any(Number)], x: [0, 0] });
    expect(permuted.features[0]?.score).toBeGreaterThan(0.5);
    const ablated = await saliency('worded', rows, ablationFrom('word: "7", x: 0'));
    expect(byFeature(ablated)).toEqual({ word: [-1.6667, 1.6667], x: [0, 0] });
  });

  test('take numbers by their text', async () => {
    const found = await saliency('worded', 'dataset: "numbers"', ablationFrom('word: "pink", x: 0'));
    expect(byFeature(found)).toEqual({ word: [1.3333, 1.3333], x: [0, 0] });
  });

  test('explain rows written by hand', async () => {
    const explained = (name: string, rows: string, options: string): string =>
      `${name}: model(name: "${name}") { explanationsOf(rows: [${rows}], ${options}) {
        baselineValue target attributions { value attribution }
      } }`;
    const found = await ask<object>(`{
      ${explained('worded', '{ word: "7", x: 1 }', ablationFrom('word: "green", x: 0'))}
      ${explained('forgiving', '{ word: "7" }, { x: 1 }', 'method: SHAPLEY_SAMPLING, options: { baseline: { kind: MISSING } }')}
    }`);
    const row = (target: number, word: unknown[], number: unknown[]): unknown => ({
      baselineValue: 2,
      target,
      attributions: [word, number].map(([value, attribution]) => ({ value, attribution })),
    });
    expect(rounded(found)).toEqual({
      worded: { explanationsOf: [row(5, ['7', 2], [1, 1])] },
      forgiving: { explanationsOf: [row(4, ['7', 2], [null, 0]), row(3, [null, 0], [1, 1])] },
    });
  });

  test('have no gradient where an operator makes ids of the texts, and the error names it', async () => {
    const { data, errors } = await server.ask(
      '{ model(name: "worded") { name saliency(rows: { dataset: "few" }) { rowCount } } }',
    );
    expect(data).toEqual({ model: { name: 'worded', saliency: null } });
    expect(errors.map(({ extensions }) => extensions)).toEqual([
      expect.objectContaining({
        code: 'UNSUPPORTED_OPERATOR',
        operator: 'LabelEncoder',
        node: 'coded',
        feature: 'word',
      }),
    ]);
  });

  test('are gradients where the model reads the id off the text itself', async () => {
    // The logit is the entry: 5, 7 and 9.
    const found = await saliency('spelled', 'dataset: "numbers"', 'method: INTEGRATED_GRADIENTS');
    expect(byFeature(found)).toEqual({ number: [7, 7] });
  });
});

describe('a null among texts', () => {
  const rowCount = (model: string, invalid: string) =>
    server.ask(
      `{ model(name: "${model}") { saliency(rows: { dataset: "holes", invalid: ${invalid} }, method: FEATURE_PERMUTATION) {
      rowCount features { mean }
    } } }`,
    );

  test('is an error unless its text is said, and such rows can be left out', async () => {
    const failed = await rowCount('worded', 'FAIL');
    expect(failed.errors[0]).toMatchObject({
      message: expect.stringMatching(/“word” .* in row 1 is null, .* no “missing” .* say “missing” in the manifest/),
      extensions: { code: 'BINDING_MISMATCH', feature: 'word', row: 1 },
    });
    const skipped = await rowCount('worded', 'SKIP');
    expect(skipped.data).toMatchObject({ model: { saliency: { rowCount: 2 } } });
    const filled = await rowCount('forgiving', 'FAIL');
    expect(filled.data).toMatchObject({ model: { saliency: { rowCount: 3 } } });
  });

  test('has no baseline where its text is not said', async () => {
    const { errors } = await server.ask(`{ model(name: "worded") {
      saliency(rows: { dataset: "few" }, method: FEATURE_ABLATION, options: { baseline: { kind: MISSING } }) { rowCount }
    } }`);
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('“word”'),
      extensions: { code: 'BAD_USER_INPUT', argument: 'options.baseline.kind' },
    });
  });
});

describe('the manifest of a model that takes texts', () => {
  test('may be left out, where inputs take one value a row', async () => {
    await registerModel(server.ask, { name: 'bare', uri: 'worded.onnx' });
    const { model } = await ask<{ model: object }>('{ model(name: "bare") { features { name kind } } }');
    expect(model).toEqual({
      features: [
        { name: 'word', kind: 'CATEGORICAL' },
        { name: 'x', kind: 'NUMERIC' },
      ],
    });
  });

  test.each([
    [
      'a number',
      [{ ...word, kind: 'NUMERIC' }, x],
      /“word” is NUMERIC, and its input “word” takes texts .* CATEGORICAL/,
    ],
    ['a list', [{ ...word, kind: 'SEQUENCE', length: 1 }, x], /“word” is SEQUENCE, .* takes texts/],
    ['a vocabulary', [{ ...word, vocabulary: 'a.txt' }, x], /has a vocabulary, .* takes texts as they are/],
    ['a hash', [{ ...word, hash: { function: 'farmhash64', buckets: 9 } }, x], /has a hash/],
    ['a text for an id', [word, { ...x, kind: 'CATEGORICAL', missing: 'none' }], /the text “none” .* takes numbers/],
  ])('cannot bind %s', async (_, features, message) => {
    const { errors } = await askToRegisterModel(server.ask, {
      name: 'wrong',
      uri: 'worded.onnx',
      manifest: manifestOf(features),
    });
    expect(errors[0]).toMatchObject({
      message: expect.stringMatching(message),
      extensions: { code: 'BINDING_MISMATCH' },
    });
  });
});
