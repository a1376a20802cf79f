// @module-tag any-database
import { mkdir, readFile, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet, writeRows } from '../../data/parquet.ts';
import type { Answer } from '../../support/ask.ts';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import {
  askToRegisterDataset,
  askToRegisterModel,
  denseManifest,
  registerDataset,
  registerModel,
  toysFolder,
} from '../../support/toys.ts';
import { tablesIn } from '../../tidy/markdown.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  await registerModel(server.ask, { name: 'matrix', uri: 'matrix.onnx', manifest: matrixManifest });
  await registerModel(server.ask, { name: 'words', ...(await modelWith('city,user,age', 'Oslo\nRome\n')) });
});
afterAll(() => server[Symbol.asyncDispose]());

const matrixManifest = {
  features: [
    { name: 'item', kind: 'CATEGORICAL', index: 0 },
    { name: 'user', kind: 'CATEGORICAL', index: 1 },
    { name: 'history', kind: 'SEQUENCE', index: 2, length: 3, lengthIndex: 5 },
    { name: 'price', kind: 'NUMERIC', index: 6 },
  ],
};

let count = 0;
/** A folder of its own, below the first source folder, with these files. */
async function folderWith(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = `case-${++count}`;
  await mkdir(join(server.folder, folder));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(server.folder, folder, name), bytes);
  return folder;
}

const registered = (uri: string, settings: object = {}) =>
  askToRegisterDataset(server.ask, { name: `case ${count}`, uri, ...settings });

/** What a file with this text gets. */
const fileOf =
  (name: string, text: string | Buffer, settings: object = {}) =>
  async () =>
    registered(join(await folderWith({ [name]: text }), name), settings);

/** What the only file gets that a SELECT writes, after it was changed. */
const parquetOf =
  (select: string, change: (path: string) => Promise<unknown> = async () => undefined, settings: object = {}) =>
  async () => {
    const folder = await folderWith({});
    await change(await writeParquet(join(server.folder, folder, 'rows.parquet'), select));
    return registered(join(folder, 'rows.parquet'), settings);
  };

const evaluation = `query ($model: String!, $rows: RowsInput!) {
  model(name: $model) { evaluation(rows: $rows) { rowCount auc provenance { skippedRowCount } } }
}`;
/** What the evaluation of rows gets that can be registered. */
const rowsOf =
  (model: string, select: string, more: object = {}) =>
  async () => {
    const folder = await folderWith({});
    await writeParquet(join(server.folder, folder, 'rows.parquet'), select);
    await registerDataset(server.ask, {
      name: folder,
      uri: join(folder, 'rows.parquet'),
      label: 'click',
    });
    return server.ask(evaluation, { model, rows: { dataset: folder, ...more } });
  };
/** A good row for dense.onnx, then one with this value of b. */
const secondB = (value: string) =>
  `SELECT * FROM (VALUES (1.0, 1.0::DOUBLE, 1.0, 1), (0.0, ${value}, 3.0, 0)) AS t(a, b, c, click)`;
const matrixRow = (item: string, history: string) =>
  `SELECT ${item} AS item, 1 AS user, ${history} AS history, 2.5 AS price, 1 AS click`;

/** ids.onnx in a folder of its own, its city looked up in a vocabulary beside it. */
async function modelWith(features: string, vocabulary?: string) {
  const folder = await folderWith({
    'model.onnx': await readFile(join(toysFolder, 'ids.onnx')),
    ...(vocabulary === undefined ? {} : { 'city.txt': vocabulary }),
  });
  const bound = features.split(',').map((name) => {
    const kind = name === 'age' ? 'NUMERIC' : 'CATEGORICAL';
    const input = name.replace('!', '');
    return { name: input === name ? name : 'other', kind, input, ...(name === 'city' && { vocabulary: 'city.txt' }) };
  });
  return { uri: join(folder, 'model.onnx'), manifest: { features: bound } };
}
const vocabularyOf =
  (text?: string, features = 'city,user,age') =>
  async () =>
    askToRegisterModel(server.ask, { name: `case ${count}`, ...(await modelWith(features, text)) });

const manyRows = 'SELECT 1.0 AS a, range % 7 AS b, range % 5 AS c FROM range(200000)';
const slow = `query ($rows: RowsInput!) {
  model(name: "dense") { saliency(rows: $rows, method: INTEGRATED_GRADIENTS) { rowCount } }
}`;

async function untilJob(id: string, isSo: (job: { state: string; rowsDone: number }) => boolean): Promise<void> {
  type Data = { job: { state: string; rowsDone: number } };
  const { job } = await answered(server.ask)<Data>('query ($id: ID!) { job(id: $id) { state rowsDone } }', { id });
  if (isSo(job)) return;
  if (['DONE', 'FAILED', 'CANCELLED'].includes(job.state)) throw new Error(`the job is ${job.state}`);
  await untilJob(id, isSo);
}

const linkOf = (make: (folder: string) => Promise<string>) => async () => registered(await make(await folderWith({})));

/** Every row of the table of docs/data.md: what somebody has, and what he gets. */
const cases: Readonly<Record<string, () => Promise<Answer<unknown>>>> = {
  'an empty file': fileOf('rows.csv', ''),
  'an empty Parquet file': fileOf('rows.parquet', ''),
  'a header alone': fileOf('rows.csv', 'a,b,click\n'),
  'Parquet without rows': parquetOf('SELECT 1 AS a WHERE false'),
  'Parquet that is cut off': parquetOf('SELECT range AS a FROM range(1000)', (path) => truncate(path, 300)),
  'another delimiter': fileOf('rows.csv', 'a~b~click\n1~2~0\n3~4~1\n'),
  'no header': fileOf('rows.csv', '39,77516,0\n50,83311,1\n'),
  'a line with too few values': fileOf('rows.csv', 'a,b,click\n1,2,0\n3,1\n'),
  'a line with too many values': fileOf('rows.csv', 'a,b,click\n1,2,0\n3,4,5,1\n'),
  'bytes that are no UTF-8': fileOf('rows.csv', Buffer.from('a,b\n1,x\n2,\xff\n', 'latin1')),
  'a line that is no JSON': fileOf('rows.jsonl', '{"a": 1}\n{"a": \n'),
  'files of several schemas': async () => {
    const folder = await folderWith({});
    await writeParquet(join(server.folder, folder, '1.parquet'), 'SELECT 1 AS a');
    await writeParquet(join(server.folder, folder, '2.parquet'), "SELECT 'one' AS a");
    return registered(folder);
  },
  'files of several formats': async () => registered(await folderWith({ 'a.csv': 'a\n1\n', 'b.jsonl': '{"a": 1}\n' })),
  'a label of three values': parquetOf('SELECT range AS stars FROM range(3)', undefined, { label: 'stars' }),
  'a label of three values in CSV': fileOf('rows.csv', 'a,stars\n1,1\n1,2\n1,3\n', { label: 'stars' }),
  'a label of texts': fileOf('rows.csv', 'a,y\n1,yes\n2,no\n', { label: 'y' }),
  'a positive value that the label does not have': fileOf('rows.csv', 'a,y\n1,yes\n2,no\n', {
    label: 'y',
    positive: '1',
  }),
  'a glob that matches nothing': () => registered('weeks/*.parquet'),
  'a file that is not there': () => registered('rows.csv'),
  'a path that leads out': () => registered('../rows.csv'),
  'a link that leads out': linkOf(async (folder) => {
    await symlink('/etc/hostname', join(server.folder, folder, 'rows.csv'));
    return join(folder, 'rows.csv');
  }),
  'a linked folder that leads out': linkOf(async (folder) => {
    await symlink('/etc', join(server.folder, folder, 'days'));
    return join(folder, 'days');
  }),
  'a glob with a link that leads out': linkOf(async (folder) => {
    await writeFile(join(server.folder, folder, 'a.csv'), 'a\n1\n');
    await symlink('/etc/hostname', join(server.folder, folder, 'b.csv'));
    return join(folder, '*.csv');
  }),
  'numbers and texts in a column of numbers': async () => {
    const uri = join(await folderWith({ 'rows.csv': 'a,b,c,click\n1,2,3,1\n1,two,3,0\n' }), 'rows.csv');
    await registerDataset(server.ask, { name: 'mixed', uri, label: 'click' });
    return server.ask(evaluation, { model: 'dense', rows: { dataset: 'mixed' } });
  },
  'a column that is not there': rowsOf('dense', 'SELECT 1.0 AS a, 1.0 AS bb, 1.0 AS c, 1 AS click'),
  NaN: rowsOf('dense', secondB("'nan'")),
  'an infinity': rowsOf('dense', secondB("'-inf'")),
  'a null without `missing`': rowsOf('dense', secondB('NULL')),
  'a list that is too long': rowsOf('matrix', matrixRow('1', '[1, 2, 3, 4]')),
  'an id beyond its table': rowsOf('matrix', matrixRow('7', '[1]')),
  'a negative id': rowsOf('matrix', matrixRow('-1', '[1]')),
  'an id that is no whole number': rowsOf('matrix', matrixRow('1.5', '[1]')),
  'an id beyond its table in a list': rowsOf('matrix', matrixRow('1', '[1, 7]')),
  'a vocabulary that is missing': vocabularyOf(),
  'a vocabulary that is empty': vocabularyOf(''),
  'a vocabulary with an entry twice': vocabularyOf('Oslo\nRome\nOslo\n'),
  'a vocabulary that is longer than its table': vocabularyOf('a\nb\nc\nd\ne\n'),
  'a slot that two features fill': vocabularyOf('Oslo\n', 'city,city!,user,age'),
  'a slot that no feature fills': vocabularyOf('Oslo\n', 'city,user'),
  'a file that is replaced before a pass': async () => {
    const folder = await folderWith({});
    const path = join(server.folder, folder, 'rows.parquet');
    await writeParquet(path, secondB('2.0'));
    await registerDataset(server.ask, { name: folder, uri: join(folder, 'rows.parquet'), label: 'click' });
    await writeParquet(path, secondB('3.0'));
    return server.ask(evaluation, { model: 'dense', rows: { dataset: folder } });
  },
  'a file that is replaced during a pass': async () => {
    const folder = await folderWith({});
    const path = join(server.folder, folder, 'rows.parquet');
    await writeParquet(path, manyRows);
    await registerDataset(server.ask, { name: folder, uri: join(folder, 'rows.parquet') });
    const begun = await server.ask(slow, { rows: { dataset: folder } }, { prefer: 'wait=0' });
    const id = begun.errors[0]?.extensions.job as string;
    await untilJob(id, ({ rowsDone }) => rowsDone > 0);
    await writeParquet(`${path}.new`, manyRows.replace('1.0', '2.0'));
    await rename(`${path}.new`, path);
    await untilJob(id, ({ state }) => state === 'FAILED');
    return server.ask(slow, { rows: { dataset: folder } });
  },
};

const documented = tablesIn(join(import.meta.dirname, '../../../docs/data.md'), 'Bad input');

test('every row of the documentation is tried', () => {
  expect(documented.map(([what]) => what)).toEqual(Object.keys(cases));
});

describe('bad input gets the answer of the documentation', () => {
  test.each(Object.entries(cases))('%s', async (what, get) => {
    const { errors } = await get();
    const [, code = '', says = ''] = documented.find(([one]) => one === what) ?? [];
    const got = errors.map(({ extensions, message }) => [extensions.code, message.replaceAll(/case-\d+/g, 'logs')]);
    expect(got).toEqual([[code.replaceAll('`', ''), says]]);
  });
});

describe('what looks bad and is not', () => {
  const evaluated = async (ask: () => Promise<Answer<unknown>>) => {
    const { data, errors } = (await ask()) as Answer<{ model: { evaluation: object } }>;
    expect(errors).toEqual([]);
    return data.model.evaluation;
  };

  test('a value that the vocabulary does not have is its `missing` id', async () => {
    const scoreOf = async (city: string) => {
      const { model } = await answered(server.ask)<{ model: { predictions: { score: number }[] } }>(
        'query ($row: JSON!) { model(name: "words") { predictions(rows: [$row]) { score } } }',
        { row: { city, user: 2, age: 1 } },
      );
      return model.predictions[0]?.score;
    };
    expect(await scoreOf('Paris')).toBe(await scoreOf('Oslo'));
    expect(await scoreOf('Paris')).not.toBe(await scoreOf('Rome'));
    const rows = `SELECT * FROM (VALUES ('Paris', 2, 1.0, 0), ('Rome', 2, 1.0, 1)) AS t(city, "user", age, click)`;
    expect(await evaluated(rowsOf('words', rows))).toMatchObject({ rowCount: 2 });
  });

  test('rows that the model cannot take are left out and counted with invalid: SKIP', async () => {
    for (const ask of [
      rowsOf('dense', secondB('NULL'), { invalid: 'SKIP' }),
      rowsOf('dense', secondB("'inf'"), { invalid: 'SKIP' }),
      rowsOf('matrix', `${matrixRow('1', '[1]')} UNION ALL ${matrixRow('1', '[1, 2, 3, 4]')}`, { invalid: 'SKIP' }),
    ])
      expect(await evaluated(ask)).toMatchObject({ rowCount: 1, provenance: { skippedRowCount: 1 } });
  });

  test.each(['parquet', 'csv', 'jsonl'])('2,000 columns of %s', async (ending) => {
    const folder = await folderWith({});
    const columns = Array.from({ length: 2000 }, (_, at) => `${at} + range AS "column ${at}"`);
    const options = { parquet: 'FORMAT parquet', csv: 'FORMAT csv', jsonl: 'FORMAT json' }[ending] as string;
    await writeRows(
      join(server.folder, folder, `rows.${ending}`),
      `SELECT ${columns.join(', ')}, range::DOUBLE AS a, 1.0 AS b, 2.0 AS c, range % 2 AS click FROM range(20)`,
      options,
    );
    await registerDataset(server.ask, { name: folder, uri: join(folder, `rows.${ending}`), label: 'click' });
    expect(await evaluated(() => server.ask(evaluation, { model: 'dense', rows: { dataset: folder } }))).toMatchObject({
      rowCount: 20,
    });
    if (ending !== 'parquet') return;
    const { dataset } = await answered(server.ask)<{ dataset: { columns: object[] } }>(
      `{ dataset(name: "${folder}") { columns { name nullCount distinctCount minimum maximum } } }`,
    );
    expect(dataset.columns).toHaveLength(2004);
    expect(dataset.columns[1999]).toEqual({
      name: 'column 1999',
      nullCount: 0,
      distinctCount: 20,
      minimum: 1999,
      maximum: 2018,
    });
  });
});
