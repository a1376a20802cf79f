// @module-tag any-database
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { expectRefused, type Refusal } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import {
  damage,
  denseManifest,
  denseRows,
  registerDataset,
  registerModel,
  registerRows,
  toysFolder,
} from '../../support/toys.ts';

const idsManifest = {
  features: ['city', 'user', 'age'].map((name) => ({ name, kind: name === 'age' ? 'NUMERIC' : 'CATEGORICAL' })),
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  await registerModel(server.ask, { name: 'ids', uri: 'ids.onnx', manifest: idsManifest });
  const value = { output: 'logit', space: 'VALUE' };
  await registerModel(server.ask, { name: 'value', uri: 'logit.onnx', manifest: { ...denseManifest(), score: value } });
  const unsure = { output: 'logit', space: 'PROBABILITY' };
  await registerModel(server.ask, {
    name: 'unsure',
    uri: 'logit.onnx',
    manifest: { ...denseManifest(), score: unsure },
  });
  await registerRows(server, 'lost', 'SELECT 1.0 AS a, 2.0 AS b, 3.0 AS c, 0 AS click', { label: 'click' });
  await rm(join(server.folder, 'lost.parquet'));
  const settings = { label: 'click', partitionBy: 'day', groupBy: 'who' };
  await registerRows(server, 'good', denseRows, settings);
  await registerRows(server, 'whole', denseRows);
  await registerRows(server, 'narrow', 'SELECT 1.0 AS a, 2.0 AS bb, 0 AS click', { label: 'click' });
  await registerRows(server, 'text', "SELECT 'one' AS a, 2.0 AS b, 3.0 AS c, 0 AS click", { label: 'click' });
  await registerRows(server, 'hole', withRow('NULL, 2.0'), { label: 'click' });
  await registerRows(server, 'nan', withRow("'nan'::DOUBLE, 2.0"), { label: 'click' });
  await registerRows(server, 'unlabelled', 'SELECT 1.0 AS a, 2.0 AS b, 3.0 AS c, NULL::INT AS click', {
    label: 'click',
  });
  const bitten = join(server.folder, 'bitten.parquet');
  await writeParquet(bitten, 'SELECT hash(range)::DOUBLE AS a, 1.0 AS b, 1.0 AS c, 1 AS click FROM range(3000)');
  await damage(bitten);
  await registerDataset(server.ask, { name: 'bitten', uri: 'bitten.parquet', label: 'click' });
  await registerRows(server, 'negative', idsRow('-1'), { label: 'click' });
  await registerRows(server, 'beyond', idsRow('4'), { label: 'click' });
  await registerRows(server, 'half', idsRow('1.5'), { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

/** A good row, then one with these values of a and b. */
const withRow = (values: string) =>
  `SELECT * FROM (VALUES (1.0, 1.0, 1.0, 1), (${values}, 3.0, 0)) AS t(a, b, c, click)`;
const idsRow = (city: string) => `SELECT ${city} AS city, 0 AS user, 1.0 AS age, 1 AS click`;

const document = `query ($model: String!, $rows: RowsInput!) {
  model(name: $model) { evaluation(rows: $rows) { rowCount auc provenance { skippedRowCount } } }
}`;
const evaluate = (rows: object, model = 'dense') => server.ask(document, { model, rows });

afterEach(async () => {
  const { model } = await answered(server.ask)<{ model: unknown }>(document, {
    model: 'dense',
    rows: { dataset: 'good' },
  });
  expect(model).toMatchObject({ evaluation: { rowCount: 3, auc: 1 } });
});

describe('rows that cannot be selected are refused', () => {
  const good = (selection: object) => ({ dataset: 'good', ...selection });
  const where = (column: string, op: string, value?: unknown) => good({ where: [{ column, op, value }] });
  test.each<[rows: object, ...Refusal]>([
    [{ dataset: 'god' }, 'NOT_FOUND', /There is no dataset “god”. Did you mean “good”\?/],
    [{ dataset: 'good', version: '2' }, 'NOT_FOUND', /no version of the dataset “good” “2”/],
    [good({ partitions: ['mno'] }), 'BAD_USER_INPUT', /There is no partition “mno”. Did you mean “mon”\?/],
    [good({ partitions: [] }), 'BAD_USER_INPUT', /selects no partition/],
    [good({ partitionRange: { from: 'x' } }), 'BAD_USER_INPUT', /rows.partitionRange selects no partition/],
    [good({ partitions: ['mon'], partitionRange: {} }), 'BAD_USER_INPUT', /exclude each other/],
    [{ dataset: 'whole', partitions: ['mon'] }, 'BAD_USER_INPUT', /the dataset has no partitions/],
    [where('aa', 'EQ', 1), 'BAD_USER_INPUT', /rows.where\[0\]: there is no column “aa”/],
    [where('a', 'EQ', 'one'), 'BAD_USER_INPUT', /"one" is no value of “a”/],
    [where('a', 'IN', []), 'BAD_USER_INPUT', /IN takes a list with at least one value/],
    [where('a', 'IN', 3), 'BAD_USER_INPUT', /IN takes a list/],
    [where('a', 'EQ'), 'BAD_USER_INPUT', /null is no value of “a”/],
    [where('a', 'IS_NULL', 3), 'BAD_USER_INPUT', /IS_NULL takes no value/],
    [where('a; drop table models', 'EQ', 3), 'BAD_USER_INPUT', /there is no column “a; drop table models”/],
    [where('day', 'EQ', "mon' or 1=1 --"), 'BAD_USER_INPUT', /No row satisfies rows/],
    [where('a', 'LIKE', 3), 'BAD_USER_INPUT', /Value "LIKE" does not exist in "FilterOperator" enum/],
    [where('a', 'EQ', 99), 'BAD_USER_INPUT', /No row satisfies rows/],
    [good({ rows: 3 }), 'BAD_USER_INPUT', /Field "rows" is not defined by type "RowsInput"/],
    [{}, 'BAD_USER_INPUT', /Field "dataset" of required type "String!" was not provided/],
  ])('%j', async (rows, ...refusal) => {
    expectRefused(await evaluate(rows), refusal);
  });
});

describe('rows that the model cannot take', () => {
  test.each<[dataset: string, model: string, ...Refusal]>([
    ['narrow', 'dense', 'BINDING_MISMATCH', /“x1” reads the column “b”, which the dataset does not have/],
    ['text', 'dense', 'BINDING_MISMATCH', /“x0” is NUMERIC and its column “a” is VARCHAR/],
    ['hole', 'dense', 'BINDING_MISMATCH', /feature “x0” \(column “a”\) in row 1 is null/],
    ['nan', 'dense', 'BINDING_MISMATCH', /NaN of the feature “x0” \(column “a”\) in row 1/],
    ['negative', 'ids', 'BINDING_MISMATCH', /-1 of the feature “city” \(column “city”\) in row 0/],
    [
      'beyond',
      'ids',
      'BINDING_MISMATCH',
      /4 of the feature “city” .* is beyond the feature's table, which has 4 entries/,
    ],
    ['half', 'ids', 'BINDING_MISMATCH', /1.5 of the feature “city” \(column “city”\) in row 0/],
    ['whole', 'dense', 'BAD_USER_INPUT', /label/],
    ['unlabelled', 'dense', 'BAD_USER_INPUT', /None of the selected rows has a label/],
    ['bitten', 'dense', 'DATASET_REJECTED', /bitten.parquet cannot be read: damaged/],
    ['good', 'unsure', 'ANALYSIS_FAILED', /The score of row 0 is -6, which is no probability/],
    ['lost', 'dense', 'DATASET_REJECTED', /lost.parquet is gone/],
    ['good', 'value', 'BAD_USER_INPUT', /score of this model is a VALUE/],
  ])('%s for %s are refused', async (dataset, model, ...refusal) => {
    expectRefused(await evaluate({ dataset }, model), refusal);
  });

  test.each([0, 1, -0.5, 2])('nor is an interval of level %d', async (level) => {
    const document = `query ($level: Float!) {
      model(name: "dense") { evaluation(rows: { dataset: "good" }) { auc aucInterval(level: $level) { low } } }
    }`;
    const answer = await server.ask(document, { level });
    expectRefused(answer, ['BAD_USER_INPUT', /`level` is .*; it must be above 0 and below 1/]);
    expect(answer.data).toEqual({ model: { evaluation: { auc: 1, aucInterval: null } } });
  });

  test.each(['hole', 'nan'])('%s are left out and counted with invalid: SKIP', async (dataset) => {
    const { data } = await evaluate({ dataset, invalid: 'SKIP' });
    expect(data.model.evaluation).toEqual({ rowCount: 1, auc: null, provenance: { skippedRowCount: 1 } });
  });

  test.each<[dataset: string, ...Refusal]>([
    ['good', 'BAD_USER_INPUT', /No row satisfies rows/],
    ['negative', 'BINDING_MISMATCH', /The model can take none of the 1 rows/],
  ])('of %s nothing is left: no statistics', async (dataset, ...refusal) => {
    const rows =
      dataset === 'good' ? { dataset, where: [{ column: 'a', op: 'GT', value: 99 }] } : { dataset, invalid: 'SKIP' };
    const answer = await server.ask(
      `query ($model: String!, $rows: RowsInput!) {
        model(name: $model) { layer(name: "hidden") { statistics(rows: $rows) { mean } } }
      }`,
      { model: dataset === 'good' ? 'dense' : 'ids', rows },
    );
    expectRefused(answer, refusal);
  });
});
