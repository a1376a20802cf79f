import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { noLabelTexts } from '../../../src/data/columns/label.ts';
import { answered } from '../../support/ask.ts';
import { expectRefused } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { copyToy, denseManifest, registerDataset, registerModel, registerRows } from '../../support/toys.ts';

/** Sixty rows of which every sixth has no label, the same ones whatever stands there. */
const rowCount = 60;
const numbers = `hash(range) % 64 / 64.0 - 0.5 AS a, hash(range + 100) % 64 / 64.0 AS b, 0.25 AS c, 'day' || range % 2 AS day`;
const label = (one: string, zero: string, none: string) =>
  `CASE WHEN range % 6 = 0 THEN ${none} WHEN hash(range + 7) % 3 = 0 THEN ${one} ELSE ${zero} END AS click`;
/** Of so many texts that stand for no label, another one for each row. */
const texts = `[${noLabelTexts.map((text) => `'${text}'`).join(', ')}][1 + (range // 6) % ${noLabelTexts.length}]`;

const written: Record<string, [column: string, positive?: string]> = {
  'whole numbers and nulls': [label('1', '0', 'NULL')],
  'floats and NaN': [label('1.0', '0.0', `'NaN'::DOUBLE`)],
  'floats of 32 bits, NaN and nulls': [
    label('1.0::FLOAT', '0.0::FLOAT', `CASE WHEN range % 12 = 0 THEN 'NaN'::FLOAT END`),
  ],
  booleans: [label('true', 'false', 'NULL')],
  texts: [label(`'1'`, `'0'`, texts)],
  'whole numbers with positive': [label('2', 'range % 2', 'NULL'), '2'],
  'floats with positive': [label('1.0', '-range', `'NaN'::DOUBLE`), '1'],
  'texts with positive': [label(`'yes'`, `'no' || range % 3`, texts), 'yes'],
};

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ patienceMs: 60_000 });
  await copyToy(server, 'dense.onnx', 'dense.onnx');
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  for (const [name, [column, positive]] of Object.entries(written)) {
    const settings = { label: 'click', partitionBy: 'day', ...(positive === undefined ? {} : { positive }) };
    await registerRows(server, name, `SELECT ${numbers}, ${column} FROM range(${rowCount})`, settings);
  }
});
afterAll(() => server[Symbol.asyncDispose]());

const figures = `rowCount positiveCount unlabelledCount auc logLoss calibrationRatio`;
const probe = `probe(train: $rows, test: $rows`;
const document = `query ($dataset: String!, $rows: RowsInput!) {
  dataset(name: $dataset) { partitions { name rowCount positiveCount } rows(first: ${rowCount}) { nodes { label } } }
  model(name: "dense") {
    evaluation(rows: $rows) { ${figures} slices(by: "day") { slice ${figures.replace('unlabelledCount', '')} } }
    layer(name: "hidden") {
      neuron(index: 0) { statistics(rows: $rows) {
        correlationWithLabel meanWhenPositive histogram(bins: 4) { counts positiveCounts }
      } }
      projection(rows: $rows) { points { row { label } } }
      ${probe}) { auc testRowCount intercept }
    }
  }
}`;
const answersOf = (dataset: string) => answered(server.ask)(document, { dataset, rows: { dataset } });

test('no label is no label, whatever stands there: every answer is the same', async () => {
  const answers: Record<string, unknown> = {};
  for (const name of Object.keys(written)) answers[name] = await answersOf(name);
  const [wanted] = Object.values(answers);
  expect(wanted).toMatchObject({ model: { evaluation: { rowCount: 50, unlabelledCount: 10 } } });
  for (const [name, answer] of Object.entries(answers)) expect([name, answer]).toEqual([name, wanted]);
});

test('also in CSV, and by hand from its texts', async () => {
  const lines = [...noLabelTexts, '1', '0', '1'].map((text, at) => `${at},0,1,${text}`);
  await writeFile(join(server.folder, 'some.csv'), ['a,b,c,click', ...lines].join('\n'));
  await registerDataset(server.ask, { name: 'csv', uri: 'some.csv', label: 'click', positive: '1' });
  const { model } = await answered(server.ask)<{ model: { evaluation: object } }>(
    '{ model(name: "dense") { evaluation(rows: { dataset: "csv" }) { rowCount positiveCount unlabelledCount } } }',
  );
  expect(model.evaluation).toEqual({ rowCount: 3, positiveCount: 2, unlabelledCount: noLabelTexts.length });
});

test('other columns that rows are judged by have none where they have NaN', async () => {
  const [column] = written['floats and NaN'] as [string];
  await registerRows(server, 'other', `SELECT ${numbers}, ${column} FROM range(${rowCount})`);
  const { model } = await answered(server.ask)<{ model: { evaluation: object } }>(
    `{ model(name: "dense") { evaluation(rows: { dataset: "other" }, label: "click") { ${figures} } } }`,
  );
  const rows = { dataset: 'floats and NaN' };
  const { model: own } = await answered(server.ask)<{ model: { evaluation: object } }>(
    `query ($rows: RowsInput!) { model(name: "dense") { evaluation(rows: $rows) { ${figures} } } }`,
    { rows },
  );
  expect(model.evaluation).toEqual(own.evaluation);
});

test('a probe leaves out what is no label of its column', async () => {
  const learnt = async (dataset: string, target: string): Promise<object> => {
    const { model } = await answered(server.ask)<{ model: { layer: { probe: object } } }>(
      `query ($rows: RowsInput!) { model(name: "dense") { layer(name: "hidden") {
        ${probe}, target: { column: "click", ${target} }) { auc testRowCount trainRowCount intercept }
      } } }`,
      { rows: { dataset } },
    );
    return model.layer.probe;
  };
  const wanted = await learnt('whole numbers and nulls', 'equals: 1');
  expect(wanted).toMatchObject({ testRowCount: 50, trainRowCount: 50 });
  expect(await learnt('floats and NaN', 'equals: 1')).toEqual(wanted);
  expect(await learnt('floats and NaN', 'above: 0.5')).toEqual(wanted);
  expect(await learnt('texts', 'equals: "1"')).toEqual(wanted);
  expect(await learnt('texts with positive', 'equals: "yes"')).toEqual(wanted);
});

test('what stands for no label can be none that counts as 1', async () => {
  const registration = await server.ask(
    'mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) { dataset { id } } }',
    { input: { name: 'x', version: '1', source: { uri: 'texts.parquet' }, label: 'click', positive: 'NA' } },
  );
  expectRefused(registration, ['BAD_USER_INPUT', /positive: “NA” stands for no label in the column “click”/]);
  const probed = await server.ask(
    `query ($rows: RowsInput!) { model(name: "dense") { layer(name: "hidden") {
      ${probe}, target: { column: "click", equals: "None" }) { auc }
    } } }`,
    { rows: { dataset: 'texts' } },
  );
  expectRefused(probed, ['BAD_USER_INPUT', /`target.equals`: "None" stands for no label in “click”/]);
});
