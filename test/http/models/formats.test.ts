// @module-tag any-database
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet, writeRows } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { expectRefused, type Refusal } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { askToRegisterDataset, denseManifest, registerDataset, registerModel, toysFolder } from '../../support/toys.ts';
import { send, upload } from '../../support/upload.ts';

/** Rows with a day, numbers with a null here and there, a label, and a user. */
const rows = (from: number, to: number): string => `
  SELECT DATE '2024-01-01' + CAST(range // 1000 AS INTEGER) AS day, (hash(range) % 100)::DOUBLE / 7 - 7 AS a,
         CASE WHEN range % 97 = 0 THEN NULL ELSE (hash(range, 1) % 10)::INTEGER - 5 END AS b, (hash(range, 2) % 3)::INTEGER AS "c.2",
         (hash(range, 3) % 2)::TINYINT AS click, 'user ' || hash(range, 4) % 50 AS "the user"
  FROM range(${from}, ${to})`;
const settings = { label: 'click', partitionBy: 'day', groupBy: 'the user' };

async function writeBelow(path: string, select: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeParquet(path, select);
}

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  const manifest = denseManifest(['a', 'b', 'c.2']);
  await registerModel(server.ask, { name: 'dense', uri: 'dense.onnx', manifest });
  const path = (name: string) => join(server.folder, name);
  await writeParquet(path('one.parquet'), rows(0, 3000));
  await writeParquet(path('groups.parquet'), rows(0, 3000), ', ROW_GROUP_SIZE 2048, COMPRESSION zstd');
  await writeParquet(path('part-1.parquet'), rows(0, 100));
  await writeParquet(path('part-2.parquet'), rows(100, 2500));
  await writeParquet(path('part-3.parquet'), rows(2500, 3000));
  await writeRows(path('rows.csv'), rows(0, 3000), 'FORMAT csv');
  const csv = await readFile(path('rows.csv'), 'utf8');
  await writeFile(path('blank.csv'), `\uFEFF\n  \n\n${csv}`);
  for (const day of ['2024-01-01', '2024-01-02', '2024-01-03'])
    await writeBelow(
      path(`days/day=${day}/rows.parquet`),
      `SELECT * EXCLUDE (day) FROM (${rows(0, 3000)}) WHERE day = '${day}'`,
    );
  await writeRows(path('rows.tsv'), rows(0, 3000), "FORMAT csv, DELIMITER '\t'");
  await writeRows(path('rows.jsonl'), rows(0, 3000), 'FORMAT json');
});
afterAll(() => server[Symbol.asyncDispose]());

const evaluation = async (dataset: string): Promise<{ auc: number }> => {
  const document = `query ($rows: RowsInput!) {
    model(name: "dense") {
      evaluation(rows: $rows) {
        rowCount unlabelledCount auc gauc logLoss byPartition { slice rowCount auc gauc } provenance { skippedRowCount }
      }
    }
  }`;
  const { model } = await answered(server.ask)<{ model: { evaluation: { auc: number } } }>(document, {
    rows: { dataset, invalid: 'SKIP' },
  });
  return model.evaluation;
};

describe('the same rows give the same evaluation', () => {
  test.each([
    ...['one.parquet', 'groups.parquet', 'part-*.parquet', 'rows.csv', 'rows.tsv', 'rows.jsonl'],
    ...['blank.csv', 'days', 'days/*/*.parquet'],
  ])('as %s', async (uri) => {
    await registerDataset(server.ask, { name: uri, uri, ...settings });
    const found = await evaluation(uri);
    await registerDataset(server.ask, { name: 'one', uri: 'one.parquet', ...settings });
    expect(found).toEqual(await evaluation('one'));
    expect(found).toMatchObject({ rowCount: 2969, provenance: { skippedRowCount: 31 } });
    expect(found.auc).toBeGreaterThan(0);
  });

  test('with a label of texts', async () => {
    const select = `SELECT * REPLACE (if(click = 1, 'yes', 'no') AS click) FROM (${rows(0, 3000)})`;
    for (const [name, options] of Object.entries({ 'texts.csv': 'FORMAT csv', 'texts.parquet': 'FORMAT parquet' })) {
      await writeRows(join(server.folder, name), select, options);
      await registerDataset(server.ask, { name, uri: name, ...settings, positive: 'yes' });
      await registerDataset(server.ask, { name: 'one', uri: 'one.parquet', ...settings });
      expect(await evaluation(name)).toEqual(await evaluation('one'));
    }
    const { dataset, one } = await answered(server.ask)<Record<string, object>>(
      `{ dataset(name: "texts.csv") { ...about positive } one: dataset(name: "one") { ...about } }
      fragment about on Dataset { label partitions { name positiveCount } rows(first: 3) { nodes { label } } }`,
    );
    expect(dataset).toEqual({ ...one, positive: 'yes' });
  });

  test('as uploaded CSV, JSON Lines and Parquet', async () => {
    for (const name of ['rows.csv', 'rows.jsonl', 'one.parquet']) {
      const bytes = await readFile(join(server.folder, name));
      const { errors } = await upload(
        server.url,
        { [name]: Uint8Array.from(bytes) },
        { name: `up ${name}`, ...settings },
      );
      expect(errors).toEqual([]);
      expect(await evaluation(`up ${name}`)).toEqual(await evaluation('one'));
    }
  });
});

test('rows are found in whichever of several files they lie', async () => {
  await registerDataset(server.ask, { name: 'part-*.parquet', uri: 'part-*.parquet', ...settings });
  const { model } = await answered(server.ask)<{ model: { explanations: { nodes: { row: { index: number } }[] } } }>(
    `{ model(name: "dense") {
      explanations(rows: { dataset: "part-*.parquet", invalid: SKIP, where: [{ column: "day", op: EQ, value: "2024-01-02" }] }, first: 2) {
        nodes { row { index } }
      }
    } }`,
  );
  expect(model.explanations.nodes.map(({ row }) => row.index)).toEqual([1000, 1001]);
});

describe('names of folders', () => {
  test('are columns like others: of filters, samples, groups, slices and rows', async () => {
    await registerDataset(server.ask, { name: 'in folders', uri: 'days', ...settings });
    await registerDataset(server.ask, { name: 'one', uri: 'one.parquet', ...settings });
    const asked = async (dataset: string) => {
      const day = '{ column: "day", op: GTE, value: "2024-01-02" }';
      const { model, dataset: about } = await answered(server.ask)<Record<string, object>>(
        `query ($dataset: String!) {
          model(name: "dense") {
            late: evaluation(rows: { dataset: $dataset, invalid: SKIP, where: [${day}], sample: 500 }) { rowCount auc slices(by: "day") { slice rowCount auc } }
            last: evaluation(rows: { dataset: $dataset, invalid: SKIP, partitionRange: { from: "2024-01-03" } }) { rowCount auc }
            explanations(rows: { dataset: $dataset, invalid: SKIP, partitions: ["2024-01-02"] }, first: 2) { nodes { row { index partition } score } }
          }
          dataset(name: $dataset) { columns { name type distinctCount minimum maximum } partitions { name rowCount positiveCount } }
        }`,
        { dataset },
      );
      const { columns, partitions } = about as { columns: { name: string }[]; partitions: object[] };
      return { model, partitions, columns: columns.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
    };
    expect(await asked('in folders')).toEqual(await asked('one'));
  });

  test('can be the label, and give way to a column of the rows', async () => {
    for (const click of [0, 1])
      await writeBelow(
        join(server.folder, `clicks/click=${click}/A=7/rows.parquet`),
        `SELECT * EXCLUDE (click) FROM (${rows(0, 3000)}) WHERE click = ${click}`,
      );
    await registerDataset(server.ask, { name: 'clicks', uri: 'clicks', label: 'click' });
    const [folders, one] = [await evaluation('clicks'), await evaluation('one')];
    expect(folders.auc).toBe(one.auc);
  });

  test('are null where Hive says so', async () => {
    for (const value of ['__HIVE_DEFAULT_PARTITION__', '7'])
      await writeBelow(join(server.folder, `nulls/n=${value}/rows.parquet`), 'SELECT 1 AS a');
    await registerDataset(server.ask, { name: 'nulls', uri: 'nulls' });
    const { dataset } = await answered(server.ask)<{ dataset: object }>(
      '{ dataset(name: "nulls") { columns { name type nullCount } rows { nodes { values } } } }',
    );
    expect(dataset).toEqual({
      columns: [
        { name: 'a', type: 'INTEGER', nullCount: 0 },
        { name: 'n', type: 'BIGINT', nullCount: 1 },
      ],
      rows: { nodes: [{ values: { a: 1, n: 7 } }, { values: { a: 1, n: null } }] },
    });
  });

  test('that are taken are refused', async () => {
    await writeBelow(join(server.folder, 'taken/file_index=1/rows.parquet'), 'SELECT 1 AS a');
    expectRefused(await askToRegisterDataset(server.ask, { name: 'taken', uri: 'taken' }), [
      'DATASET_REJECTED',
      /Rename the column “file_index”/,
    ]);
  });
});

describe('an upload', () => {
  const ownFiles = async (): Promise<number> => (await readdir(join(server.home, 'datasets'))).length;

  test('of several files has their rows in the order of their names', async () => {
    const { data } = await upload(server.url, { 'b.csv': 'x\n2\n', 'a.csv': 'x\n1\n' }, { name: 'two' });
    expect(data.registerDataset.dataset).toMatchObject({ rowCount: 2, columns: [{ name: 'x', type: 'BIGINT' }] });
    const { dataset } = await answered(server.ask)<{ dataset: { rows: object } }>(
      '{ dataset(name: "two") { rows { nodes { values } } } }',
    );
    expect(dataset.rows).toEqual({ nodes: [{ values: { x: 1 } }, { values: { x: 2 } }] });
  });

  test('is kept until its dataset is deleted; the same again changes nothing, another is a conflict', async () => {
    const before = await ownFiles();
    const once = await upload(server.url, { 'a.csv': 'x\n1\n' }, { name: 'kept' });
    const { id } = once.data.registerDataset.dataset;
    expect(await ownFiles()).toBe(before + 1);
    expect((await upload(server.url, { 'a.csv': 'x\n1\n' }, { name: 'kept' })).data).toEqual(once.data);
    expectRefused(await upload(server.url, { 'a.csv': 'x\n2\n' }, { name: 'kept' }), [
      'CONFLICT',
      /registered with other bytes/,
    ]);
    expect(await ownFiles()).toBe(before + 1);
    await answered(server.ask)('mutation ($id: ID!) { deleteDataset(input: { id: $id }) { deletedId } }', { id });
    expect(await ownFiles()).toBe(before);
    expect(await readdir(join(server.home, 'uploads'))).toEqual([]);
  });

  test('of a model comes with its manifest and vocabularies', async () => {
    const mutation = `mutation ($input: RegisterModelInput!) {
      registerModel(input: $input) { model { digest manifest features { name } } }
    }`;
    const files = {
      'net.onnx': Uint8Array.from(await readFile(join(toysFolder, 'dense.onnx'))),
      'manifest.json': JSON.stringify(denseManifest()),
    };
    const { data, errors } = await upload(server.url, files, { name: 'uploaded' }, mutation);
    expect(errors).toEqual([]);
    expect(data.registerModel.model.features).toEqual([{ name: 'x0' }, { name: 'x1' }, { name: 'x2' }]);
    expectRefused(await upload(server.url, { 'a.onnx': '', 'b.onnx': '' }, { name: 'two' }, mutation), [
      'BAD_USER_INPUT',
      /2 .onnx files/,
    ]);
  });

  test.each<[files: Record<string, string>, ...Refusal]>([
    [{}, 'BAD_USER_INPUT', /The list of files is empty/],
    [{ 'a.csv': '' }, 'DATASET_REJECTED', /The file a.csv is empty/],
    [{ 'a.csv': 'x,y\n1,2\n3\n' }, 'DATASET_REJECTED', /Line 3 of a.csv has 1 values/],
    [{ 'a.txt': 'x\n1\n' }, 'DATASET_REJECTED', /a.txt is no file of rows by its name, which must end in .parquet/],
    [{ 'a.csv': 'x\n1\n', 'b.jsonl': '{"x": 1}' }, 'DATASET_REJECTED', /several formats, such as a.csv and b.jsonl/],
    [{ '../../escaped.csv': 'x\n1\n' }, 'BAD_USER_INPUT', /“..\/..\/escaped.csv” cannot be the name of a file/],
    [{ '.hidden.csv': 'x\n1\n' }, 'BAD_USER_INPUT', /cannot be the name/],
  ])('%j is refused', async (files, ...refusal) => {
    const before = await ownFiles();
    expectRefused(await upload(server.url, files, { name: 'refused' }), refusal);
    expect(await ownFiles()).toBe(before);
  });

  test('that is too large for a request is refused, with what to do', async () => {
    const answer = await upload(server.url, { 'a.csv': 'x'.repeat(26 * 2 ** 20) }, { name: 'large' });
    expectRefused(answer, [
      'PAYLOAD_TOO_LARGE',
      /larger than 26214400 bytes.*source folders and register them by “uri”/,
    ]);
    expect(answer.status).toBe(413);
  });

  test('from a page of another origin is refused', async () => {
    const form = new FormData();
    form.set('operations', '{"query": "{ executors { name } }"}');
    form.set('map', '{}');
    expect((await send(server.url, form)).status).toBe(200);
    expect((await send(server.url, form, { origin: 'https://evil.example' })).status).toBe(403);
  });

  test.each<[operations: string, map: string, message: RegExp]>([
    ['{', '{}', /The part “operations” must be a JSON object/],
    ['{"query": "{ executors { name } }"}', '[]', /The part “map” must be a JSON object/],
    ['{"query": "{ executors { name } }"}', '{"0": ["variables.x"]}', /names the part “0”, which is no file/],
    ['{"query": "{ executors { name } }"}', '{"file": ["variables.x"]}', /“variables.x” leads to no null/],
    ['{"query": "{ executors { name } }"}', '{"file": ["__proto__.x"]}', /“__proto__.x” leads to no null/],
    ['{"query": "{ executors { name } }"}', '{"file": "variables.x"}', /must give “file” a list of paths/],
  ])('with operations %s and map %s is refused', async (operations, map, message) => {
    const form = new FormData();
    form.set('operations', operations);
    form.set('map', map);
    form.set('file', new File(['x'], 'x.csv'));
    expectRefused(await send(server.url, form), ['BAD_USER_INPUT', message]);
  });

  test('of a CSV file that changes where it lies does not matter: it was copied', async () => {
    await writeFile(join(server.folder, 'copied.csv'), 'a,b,c.2,click\n1,2,3,1\n0,0,0,0\n');
    await registerDataset(server.ask, { name: 'copied', uri: 'copied.csv', label: 'click' });
    await writeFile(join(server.folder, 'copied.csv'), 'gone');
    expect(await evaluation('copied')).toMatchObject({ rowCount: 2 });
  });
});
