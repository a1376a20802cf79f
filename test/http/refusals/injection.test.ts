// @module-tag slow
// @module-tag any-database
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeRows } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerDataset, registerModel, toysFolder } from '../../support/toys.ts';
import { upload } from '../../support/upload.ts';

/** What names and values begin with. The server must take it for nothing but text. */
const hostile = [
  `"`,
  `'; DROP TABLE models; --`,
  `"; DROP TABLE datasets; --`,
  `") FROM range(3) --`,
  `' OR 1=1 --`,
  `]; [ *?[a-z] /* */ -- ;|`,
  `$1 ? :a @b {c} %s`,
  `\\' \\" \\n`,
  `line one\nline two\t`,
  `select from where null true`,
  `Ünï 🙂 \u202e`,
];

let server: TestServer;
let harmless: { parquet: string; csv: string; jsonl: string };
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  harmless = await answersFor('plain');
});
afterAll(() => server[Symbol.asyncDispose]());

const inSql = (text: string, quote: string) => `${quote}${text.replaceAll(quote, quote + quote)}${quote}`;

type Name = (role: string) => string;

/** Sixty rows whose texts all begin with a prefix; all numbers are the same for every prefix. */
function rowsWith(prefix: string, nameOf: Name): string {
  const name = (role: string) => inSql(nameOf(role), '"');
  const text = (end: string) => `${inSql(`${prefix} `, "'")} || ${end}`;
  return `SELECT (range % 7)::DOUBLE AS ${name('a')}, (range % 5)::DOUBLE AS ${name('b')}, (range % 3)::DOUBLE AS ${name('c')},
      (range // 2 % 2)::INTEGER AS ${name('click')}, ${text("('day ' || range // 20)")} AS ${name('day')},
      ${text("('user ' || range % 4)")} AS ${name('user')}, ${text("('town ' || range % 3)")} AS ${name('town')}
    FROM range(60)`;
}

const question = `query ($model: String!, $rows: RowsInput!, $part: RowsInput!, $feature: String!, $by: String!, $label: String!) {
  model(name: $model) {
    features { name column group { name } }
    evaluation(rows: $rows, label: $label) {
      rowCount positiveCount auc gauc(by: $by) logLoss
      byPartition { slice rowCount auc }
      slices(by: $by) { slice rowCount positiveCount auc }
      weakSegments(columns: [$by], minimumRows: 1) { slice rowCount logLoss }
    }
    saliency(rows: $part) { features { feature { name } score } groups { group { name } score } }
    response(feature: $feature, rows: $part, points: 4) { points { value mean rowCount } }
    probes(train: $rows, test: $part, target: { column: $label }, layers: ["hidden"]) { target auc }
    explanations(rows: $part, first: 2) { nodes { row { index partition label values } score } }
    layer(name: "hidden") { neuron(index: 0) { topExamples(rows: $rows, first: 2) { row { index values } activation } } }
  }
}`;

/** Answers about the same rows in each format, with the prefix taken out again. */
async function answersFor(prefix: string, name: Name = (role) => `${prefix} ${role}`) {
  const number = (await readdir(server.folder)).length;
  const features = ['a', 'b', 'c'].map((role, index) => {
    return {
      name: name(`feature ${role}`),
      kind: 'NUMERIC',
      column: name(role),
      input: 'x',
      index,
      group: name('group'),
    };
  });
  const model = `model ${number}`;
  await registerModel(server.ask, {
    name: model,
    uri: 'dense.onnx',
    manifest: { score: { output: 'score' }, features },
  });
  const answerFor = async (ending: string, options: string): Promise<string> => {
    const dataset = `rows ${number} as ${ending}`;
    await writeRows(join(server.folder, `${number}.${ending}`), rowsWith(prefix, name), options);
    const settings = { label: name('click'), groupBy: name('user'), partitionBy: name('day') };
    await registerDataset(server.ask, { name: dataset, uri: `${number}.${ending}`, ...settings });
    const where = [
      { column: name('town'), op: 'IN', value: [name('town 0'), name('town 1'), prefix] },
      { column: name('user'), op: 'NE', value: name('user 3') },
    ];
    const part = { dataset, partitions: [name('day 0'), name('day 2')], where, sample: 20, seed: 7 };
    const rows = { dataset, partitionRange: { from: name('day 0'), to: name('day 2') } };
    const variables = { model, rows, part, feature: name('feature a'), by: name('town'), label: name('click') };
    // What is read is asked of every format; what is made of it, of one.
    const asked = ending === 'parquet' ? await answered(server.ask)(question, variables) : null;
    const known = await answered(server.ask)(
      `query ($name: String!, $day: String!) { dataset(name: $name) {
        rowCount label groupBy partitionBy partitions { name rowCount positiveCount }
        columns { name nullCount distinctCount minimum maximum }
        rows(first: 3, partitions: [$day]) { nodes { index partition label values } }
      } }`,
      { name: dataset, day: name('day 1') },
    );
    return JSON.stringify([asked, known]).replaceAll(JSON.stringify(prefix).slice(1, -1), '');
  };
  return {
    parquet: await answerFor('parquet', 'FORMAT parquet'),
    csv: await answerFor('csv', 'FORMAT csv'),
    jsonl: await answerFor('jsonl', 'FORMAT json'),
  };
}

describe('names and values are only that: answers are those for harmless ones', () => {
  test.each(hostile)('%j', async (prefix) => {
    const found = await answersFor(prefix);
    for (const format of ['parquet', 'csv', 'jsonl'] as const)
      expect(JSON.parse(found[format]), format).toEqual(JSON.parse(harmless[format]));
  });
});

test('so are names that every object of JavaScript has', async () => {
  const names: Record<string, string> = {
    a: '__proto__',
    b: 'constructor',
    c: 'toString',
    click: 'hasOwnProperty',
    day: 'valueOf',
    user: 'isPrototypeOf',
    town: '__defineGetter__',
    'feature a': '__lookupSetter__',
    'feature b': 'toLocaleString',
    'feature c': 'propertyIsEnumerable',
    group: '__lookupGetter__',
  };
  const found = await answersFor('plain', (role) => names[role] ?? `plain ${role}`);
  const renamed = (answers: string): string =>
    Object.entries(names).reduce((text, [role, name]) => text.replaceAll(name, ` ${role}`), answers);
  for (const format of ['parquet', 'csv', 'jsonl'] as const)
    expect(JSON.parse(renamed(found[format])), format).toEqual(JSON.parse(harmless[format]));
});

describe('of a model', () => {
  const words = (prefix: string) => ['Oslo', 'Rome'].map((word) => `${prefix} ${word}`.replaceAll('\n', ' '));

  async function scoresFor(prefix: string) {
    const [model, dataset] = [`${prefix} m`, `${prefix} d`].map((name) => name.replaceAll(/\p{C}/gu, ' ').trim());
    const name = (role: string) => `${prefix} ${role}`;
    const vocabulary = `${prefix} city.txt`.replaceAll(/[/\\*?[\]\p{C}]/gu, '').trim();
    const city = { name: name('city'), kind: 'CATEGORICAL', input: 'city', vocabulary, offset: 1 };
    const user = {
      name: name('user'),
      kind: 'CATEGORICAL',
      input: 'user',
      hash: { function: 'farmhash64', buckets: 1 },
    };
    const features = [city, user, { name: name('age'), kind: 'NUMERIC', input: 'age' }];
    const registered = await upload(
      server.url,
      {
        'net.onnx': Uint8Array.from(await readFile(join(toysFolder, 'ids.onnx'))),
        [vocabulary]: `${words(prefix).join('\n')}\n`,
      },
      { name: model, version: prefix.replaceAll(/\p{C}/gu, ' ').trim(), manifest: { features } },
      'mutation ($input: RegisterModelInput!) { registerModel(input: $input) { model { name } } }',
    );
    expect(registered.errors).toEqual([]);
    const row = (at: number) => ({
      [name('city')]: words(prefix)[at] ?? prefix,
      [name('user')]: prefix,
      [name('age')]: at,
    });
    const text = [0, 1, 2].map((at) => JSON.stringify({ ...row(at), label: at % 2 })).join('\n');
    const file = `${prefix} rows.jsonl`.replaceAll(/[/\\*?[\]\p{C}]/gu, '').trim();
    expect((await upload(server.url, { [file]: text }, { name: dataset, label: 'label' })).errors).toEqual([]);
    return answered(server.ask)(
      `query ($model: String!, $dataset: String!, $rows: [JSON!]!) { model(name: $model) {
        predictions(rows: $rows) { score }
        evaluation(rows: { dataset: $dataset }) { rowCount auc logLoss }
      } }`,
      { model, dataset, rows: [0, 1, 2].map(row) },
    );
  }

  test('vocabularies, features, versions and uploaded files may be called and hold anything', async () => {
    const expected = await scoresFor('plain');
    for (const prefix of hostile) expect(await scoresFor(prefix), prefix).toEqual(expected);
  });
});

describe('U+0000, which no text of Postgres holds, is refused wherever it is', () => {
  test.each([
    ['a dataset', { dataset: 'a\0' }],
    ['a partition', { dataset: 'rows 0 as parquet', partitions: ['a\0'] }],
    ['a column', { dataset: 'rows 0 as parquet', where: [{ column: 'a\0', op: 'EQ', value: 1 }] }],
    ['a value', { dataset: 'rows 0 as parquet', where: [{ column: 'plain day', op: 'EQ', value: 'a\0' }] }],
  ])('in %s', async (_, rows) => {
    const { errors } = await server.ask(
      'query ($rows: RowsInput!) { model(name: "model 0") { evaluation(rows: $rows) { auc } } }',
      { rows },
    );
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('in a name of a file’s columns', async () => {
    await writeFile(join(server.folder, 'zero.jsonl'), '{"a\\u0000": 1}\n');
    await writeFile(join(server.folder, 'zero.csv'), 'a\0,b\n1,2\n');
    for (const uri of ['zero.jsonl', 'zero.csv']) {
      const input = { name: uri, version: '1', source: { uri } };
      const { errors } = await server.ask(
        'mutation ($input: RegisterDatasetInput!) { registerDataset(input: $input) { dataset { rowCount } } }',
        { input },
      );
      expect(
        errors.map(({ extensions }) => extensions.code),
        uri,
      ).toEqual(['DATASET_REJECTED']);
    }
  });
});
