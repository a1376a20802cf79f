// @module-tag any-database
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ModelProtoSchema } from '../../../src/compute/onnx/proto/onnx_pb.js';
import { linear, type Net, ofNumbers } from '../../analysis/attributions/nets.ts';
import { modelOf } from '../../compute/onnx/models.ts';
import { answered } from '../../support/ask.ts';
import { expectRefused, type Refusal } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerModel, registerRows } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  const register = async (name: string, { text, features }: Pick<Net, 'text' | 'features'>): Promise<void> => {
    await writeFile(join(server.folder, `${name}.onnx`), toBinary(ModelProtoSchema, modelOf(text)));
    const manifest = { score: { output: 'score', space: 'PROBABILITY' }, features };
    await registerModel(server.ask, { name, uri: `${name}.onnx`, manifest });
  };
  // logit = 2a − 3b + c, whose missing value is 1.
  await register('linear', linear(''));
  const { text } = ofNumbers('a', [['ReduceMean', 'x', 'logit', { axes: [1] }]], {}, '');
  await register('wide', {
    text: { ...text, opset: 17, inputs: { x: ['float32', [null, 70_000]] } },
    features: [{ name: 'a', kind: 'EMBEDDING', column: 'a', input: 'x' }],
  });
  await registerRows(server, 'rows', rowsOf('(1.0, 2.0, 3.0), (-2.0, 0.5, 1.0)'));
  await registerRows(server, 'base', rowsOf('(1.0, 0.0, 1.0), (1.0, 1.0, 1.0), (1.0, 2.0, 1.0)'));
  await registerRows(server, 'many', 'SELECT 1.0 AS a, 1.0 AS b, (i % 2)::DOUBLE AS c FROM range(2500) AS t(i)');
  await registerRows(server, 'holes', rowsOf("(1.0, 0.0, 0.0), ('nan'::DOUBLE, 0.0, 0.0), (3.0, 0.0, 0.0)"));
  await registerRows(server, 'bad', rowsOf("('nan'::DOUBLE, 0.0, 0.0)"));
  await registerRows(server, 'lists', 'SELECT [1.0] AS a, 1.0 AS bb');
});
afterAll(() => server[Symbol.asyncDispose]());

const rowsOf = (values: string) => `SELECT * FROM (VALUES ${values}) AS t(a, b, c)`;

interface Asked {
  readonly model?: string;
  readonly dataset?: string;
  readonly method: string;
  readonly options?: object;
  readonly invalid?: 'SKIP';
}
interface Saliency {
  readonly baselineValue: number | null;
  readonly convergence: { maxAbsolute: number } | null;
  readonly features: { feature: { name: string }; mean: number; score: number }[];
  readonly provenance: { rowCount: number; skippedRowCount: number };
  readonly baselineProvenance: { rowCount: number; skippedRowCount: number; sampled: boolean } | null;
}
const saliency = `saliency(rows: $rows, method: $method, options: $options) {
  baselineValue convergence { maxAbsolute } features { feature { name } mean score } provenance { rowCount skippedRowCount }
  baselineProvenance { rowCount skippedRowCount sampled }
}`;
const ask = ({ model = 'linear', dataset = 'rows', method, options, invalid }: Asked) =>
  server.ask<{ model: { saliency: Saliency } }>(
    `query ($model: String!, $rows: RowsInput!, $method: AttributionMethod, $options: AttributionOptions) {
      model(name: $model) { ${saliency} }
    }`,
    { model, method, options, rows: { dataset, ...(invalid && { invalid }) } },
  );
async function saliencyOf(asked: Asked) {
  const { data, errors } = await ask(asked);
  expect(errors).toEqual([]);
  const { features, ...rest } = data.model.saliency;
  return { ...rest, means: Object.fromEntries(features.map(({ feature, mean }) => [feature.name, mean])) };
}
const close = (value: number) => expect.closeTo(value, 4);
const drawn = (rows: object, options: object = {}) => ({ ...options, baseline: { rows } });

describe('baselines', () => {
  test.each(['INTEGRATED_GRADIENTS', 'GRADIENT_SHAP', 'DEEP_LIFT', 'FEATURE_ABLATION', 'SHAPLEY_SAMPLING'])(
    '%s from what the manifest gives a missing value, or from values that say the same',
    async (method) => {
      const missing = await saliencyOf({ method, options: { baseline: { kind: 'MISSING' } } });
      // f(1, 1, 1) = 0; a is 1 and −2, b 2 and ½, c 3 and 1.
      expect(missing).toMatchObject({ baselineValue: close(0), means: { a: close(-3), b: close(-0.75), c: close(1) } });
      const said = await saliencyOf({ method, options: { baseline: { values: { a: 1, c: 1 } } } });
      expect(said.means).toEqual(missing.means);
    },
  );

  test('GRADIENT_SHAP from rows: one of them for each sample, complete on a linear net', async () => {
    const one = await saliencyOf({
      method: 'GRADIENT_SHAP',
      options: drawn({ dataset: 'base', where: [{ column: 'b', op: 'EQ', value: 2 }] }),
    });
    expect(one).toMatchObject({ baselineValue: close(-3), means: { a: close(-3), b: close(2.25), c: close(1) } });
    expect(one.baselineProvenance).toEqual({ rowCount: 1, skippedRowCount: 0, sampled: false });
    const all = await saliencyOf({ method: 'GRADIENT_SHAP', options: drawn({ dataset: 'base' }, { samples: 200 }) });
    expect(all.baselineProvenance?.rowCount).toBe(3);
    expect(all.convergence?.maxAbsolute).toBeLessThan(1e-4);
    // b is 0, 1 or 2 there, and all else the same.
    expect(all.means).toMatchObject({ a: close(-3), b: expect.closeTo(-0.75, 0), c: close(1) });
    expect(all.means.b).not.toBeCloseTo(-0.75, 5);
  });

  test('of more rows than are kept, some are drawn, and it is said', async () => {
    const { baselineProvenance } = await saliencyOf({
      method: 'GRADIENT_SHAP',
      options: drawn({ dataset: 'many' }, { samples: 2 }),
    });
    expect(baselineProvenance).toEqual({ rowCount: 1000, skippedRowCount: 0, sampled: true });
    const fewer = await saliencyOf({
      method: 'GRADIENT_SHAP',
      options: drawn({ dataset: 'many', sample: 7 }, { samples: 2 }),
    });
    expect(fewer.baselineProvenance).toEqual({ rowCount: 7, skippedRowCount: 0, sampled: true });
    expect((await saliencyOf({ method: 'SALIENCY' })).baselineProvenance).toBeNull();
  });

  test('rows that are explained one by one, written by hand or not, draw the same baselines', async () => {
    const { model } = await answered(server.ask)<{ model: Record<'explanations' | 'explanationsOf', unknown> }>(
      `{ model(name: "linear") {
        explanations(rows: { dataset: "rows" }, method: GRADIENT_SHAP, options: { baseline: { rows: { dataset: "base" } } }) {
          nodes { baselineValue attributions { attribution } }
        }
        explanationsOf(rows: [{ a: 1, b: 2, c: 3 }, { a: -2, b: 0.5, c: 1 }], method: GRADIENT_SHAP,
          options: { baseline: { rows: { dataset: "base" } } }) { baselineValue attributions { attribution } }
      } }`,
    );
    expect(model.explanations).toEqual({ nodes: model.explanationsOf });
  });

  test.each<[method: string, rows: object, ...Refusal]>([
    ['INTEGRATED_GRADIENTS', { dataset: 'base' }, 'BAD_USER_INPUT', /`options.baseline.rows` are for GRADIENT_SHAP/],
    ['SHAPLEY_SAMPLING', { dataset: 'base' }, 'BAD_USER_INPUT', /`options.baseline.rows` are for GRADIENT_SHAP/],
    ['FEATURE_PERMUTATION', { dataset: 'base' }, 'BAD_USER_INPUT', /has no `options.baseline`/],
    ['GRADIENT_SHAP', { dataset: 'bass' }, 'NOT_FOUND', /no dataset “bass”. Did you mean “base”/],
    ['GRADIENT_SHAP', { dataset: 'base', partitions: ['1'] }, 'BAD_USER_INPUT', /has no partitions/],
    ['GRADIENT_SHAP', { dataset: 'base', sample: 0 }, 'BAD_USER_INPUT', /sample/],
    [
      'GRADIENT_SHAP',
      { dataset: 'base', where: [{ column: 'a', op: 'GT', value: 9 }] },
      'BAD_USER_INPUT',
      /No row satisfies/,
    ],
    ['GRADIENT_SHAP', { dataset: 'bad' }, 'BINDING_MISMATCH', /“a”/],
    ['GRADIENT_SHAP', { dataset: 'bad', invalid: 'SKIP' }, 'BINDING_MISMATCH', /can take none of the 1 rows/],
    ['GRADIENT_SHAP', { dataset: 'lists' }, 'BINDING_MISMATCH', /“a” is DECIMAL/],
  ])('%s from %j is refused', async (method, rows, ...refusal) => {
    expectRefused(await ask({ method, options: drawn(rows) }), refusal);
  });
});

test('FEATURE_PERMUTATION with rows that the model cannot take: the others lend one another their values', async () => {
  const found = await saliencyOf({ dataset: 'holes', method: 'FEATURE_PERMUTATION', invalid: 'SKIP' });
  expect(found.provenance).toEqual({ rowCount: 2, skippedRowCount: 1 });
  // 2 · (1 − 3) and 2 · (3 − 1)
  expect(found.means).toMatchObject({ a: close(0), b: close(0), c: close(0) });
  const { data } = await ask({ dataset: 'holes', method: 'FEATURE_PERMUTATION', invalid: 'SKIP' });
  expect(data.model.saliency.features[0]).toMatchObject({ feature: { name: 'a' }, score: close(4) });
});

test('conductance is called by its name where it lacks an option', async () => {
  const { errors } = await server.ask(
    '{ model(name: "linear") { layer(name: "logit") { conductance(rows: { dataset: "rows" }, options: { samples: 3 }) { mean } } } }',
  );
  expect(errors[0]?.message).toMatch(/^conductance has no `options.samples`/);
});

test('copies of a row that no memory holds are refused before any row is read', async () => {
  const asked = { model: 'wide', dataset: 'lists', method: 'SMOOTHGRAD', options: { samples: 1000 } };
  expectRefused(await ask(asked), [
    'BAD_USER_INPUT',
    /runs 1,001 copies .* the most is 67,108,864. Ask for fewer samples/,
  ]);
});
