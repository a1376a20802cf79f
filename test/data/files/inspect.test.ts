import { copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type DatasetSettings, inspectDataset } from '../../../src/data/files/inspect.ts';
import { readRows } from '../../../src/data/page.ts';
import { temporaryFolder, writeParquet } from '../parquet.ts';

const none: DatasetSettings = { label: null, groupBy: null, partitionBy: null };
const days = `SELECT i AS id, i % 2 AS clicked, DATE '2024-01-01' + CAST(i / 3 AS INTEGER) AS day, 'u' || i AS "user" FROM range(6) t(i)`;

test('counts rows and positives by partition, in the order of its values', async () => {
  const path = await writeParquet(join(await temporaryFolder(), 'days.parquet'), days.replace('i / 3', 'i // 3'));
  const dataset = await inspectDataset([path], { label: 'clicked', groupBy: 'user', partitionBy: 'day' });
  expect(dataset.rowCount).toBe(6);
  expect(dataset.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'id BIGINT',
    'clicked BIGINT',
    'day DATE',
    'user VARCHAR',
  ]);
  expect(dataset.partitions).toEqual([
    { name: '2024-01-01', rowCount: 3, positiveCount: 1 },
    { name: '2024-01-02', rowCount: 3, positiveCount: 2 },
  ]);
});

test('orders partitions by value, not by text, and leaves nulls out', async () => {
  const select = 'SELECT v FROM (VALUES (10), (9), (NULL), (100)) t(v)';
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), select);
  const { partitions } = await inspectDataset([path], { ...none, partitionBy: 'v' });
  expect(partitions.map(({ name }) => name)).toEqual(['9', '10', '100']);
  expect(partitions[0]?.positiveCount).toBeNull();
});

test('takes booleans and floats of 0 and 1 as labels, and nulls as no label', async () => {
  const folder = await temporaryFolder();
  const select = 'SELECT true AS a, 1.0::DOUBLE AS b UNION ALL SELECT NULL, NULL UNION ALL SELECT false, 0';
  const path = await writeParquet(join(folder, 'a.parquet'), select);
  for (const label of ['a', 'b']) await expect(inspectDataset([path], { ...none, label })).resolves.toBeDefined();
});

test('the digest covers bytes, their order, and the settings', async () => {
  const folder = await temporaryFolder();
  const a = await writeParquet(join(folder, 'a.parquet'), 'SELECT 1 AS x, 0 AS y');
  const b = await writeParquet(join(folder, 'b.parquet'), 'SELECT 2 AS x, 0 AS y');
  const copy = join(folder, 'copy.parquet');
  await copyFile(a, copy);
  const digest = async (paths: string[], settings = none) => (await inspectDataset(paths, settings)).digest;
  const first = await digest([a, b]);
  expect(await digest([copy, b])).toBe(first);
  const others = [await digest([b, a]), await digest([a]), await digest([a, b], { ...none, label: 'y' })];
  expect(new Set([first, ...others]).size).toBe(4);
});

test.each<[keyof DatasetSettings, string, RegExp, string[]]>([
  ['label', 'cliked', /no column “cliked”. Did you mean “clicked”/, ['clicked']],
  ['groupBy', 'usr', /no column “usr”/, ['user']],
  ['partitionBy', 'Day', /no column “Day”/, ['day']],
])('an unknown column for %s is named, and what was meant', async (setting, column, message, similar) => {
  const path = await writeParquet(join(await temporaryFolder(), 'days.parquet'), days);
  await expect(inspectDataset([path], { ...none, [setting]: column })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringMatching(message),
    details: { argument: `input.${setting}`, similar },
  });
});

test('a label that is not 0 or 1 is refused with its values', async () => {
  const path = await writeParquet(
    join(await temporaryFolder(), 'a.parquet'),
    'SELECT i - 1 AS stars FROM range(9) t(i)',
  );
  await expect(inspectDataset([path], { ...none, label: 'stars' })).rejects.toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringContaining('“stars” must be 0, 1 or null, and has “-1”, “2”, “3”, …. Say with positive'),
  });
});

test('a label of any values has one that counts as 1', async () => {
  const select = "SELECT * FROM (VALUES ('yes', -1, true), ('no', 1, false), (NULL, NULL, NULL)) AS t(a, b, c)";
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), select);
  for (const [label, positive, positiveRow] of [
    ['a', 'yes', 0],
    ['b', '1', 1],
    ['b', '-1', 0],
    ['c', 'false', 1],
  ] as const) {
    const dataset = await inspectDataset([path], { ...none, label, positive });
    const labels = (await readRows(dataset, { count: 3 })).map((row) => row.label);
    expect(labels).toEqual([0, 1].map((row) => (row === positiveRow ? 1 : 0)).concat([null as never]));
  }
  const refused = (settings: object) => expect(inspectDataset([path], { ...none, ...settings })).rejects;
  await refused({ label: 'a', positive: 'Yes' }).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: 'positive: no value of the column “a” is “Yes”; it has “no”, “yes”. Did you mean “yes”?',
    details: { argument: 'input.positive', similar: ['yes'] },
  });
  await refused({ positive: 'yes' }).toMatchObject({ details: { argument: 'input.positive' } });
});

test('texts of 0 and 1 are a label as they are', async () => {
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), `SELECT '1' AS a UNION ALL SELECT '0'`);
  await expect(inspectDataset([path], { ...none, label: 'a' })).resolves.toBeDefined();
});

test('a text cannot be a label, nor a list a partition', async () => {
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), `SELECT 'yes' AS a, [1] AS b`);
  const refusal = { code: 'BAD_USER_INPUT' };
  await expect(inspectDataset([path], { ...none, label: 'a' })).rejects.toMatchObject(refusal);
  await expect(inspectDataset([path], { ...none, partitionBy: 'b' })).rejects.toMatchObject(refusal);
});

async function overwriteMiddle(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.subarray(60, -8).fill(7);
  await writeFile(path, bytes);
}

const damages: [string, (path: string) => Promise<void>, RegExp][] = [
  ['empty', (path) => writeFile(path, ''), /bad\.parquet is empty/],
  ['of text', (path) => writeFile(path, 'a,b\n1,2\n'), /bad\.parquet is not Parquet/],
  ['cut off', (path) => truncate(path, 200), /bad\.parquet is cut off/],
  ['damaged', overwriteMiddle, /bad\.parquet cannot be read/],
];
test.each(damages)('a file that is %s is rejected by its name alone', async (_, damage, message) => {
  const folder = await temporaryFolder();
  const good = await writeParquet(join(folder, 'a.parquet'), days);
  const bad = await writeParquet(join(folder, 'bad.parquet'), days);
  await damage(bad);
  const refusal = inspectDataset([good, bad], none);
  await expect(refusal).rejects.toMatchObject({ code: 'DATASET_REJECTED', message: expect.stringMatching(message) });
  await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining(folder) });
});

test.each([
  ['another column', 'SELECT 1 AS a, 2 AS c', /b\.parquet does not have the column “b” at place 2/],
  ['another type', `SELECT 1 AS a, 'x' AS b`, /b\.parquet has the column “b” as VARCHAR, not INTEGER/],
  ['one column more', 'SELECT 1 AS a, 2 AS b, 3 AS c', /b\.parquet has the column “c”/],
])('files must be alike: %s', async (_, select, message) => {
  const folder = await temporaryFolder();
  const paths = [
    await writeParquet(join(folder, 'a.parquet'), 'SELECT 1 AS a, 2 AS b'),
    await writeParquet(join(folder, 'b.parquet'), select),
  ];
  await expect(inspectDataset(paths, none)).rejects.toMatchObject({
    code: 'DATASET_REJECTED',
    message: expect.stringMatching(message),
  });
});

test('data without rows is rejected', async () => {
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), 'SELECT 1 AS a WHERE false');
  await expect(inspectDataset([path], none)).rejects.toMatchObject({ code: 'DATASET_REJECTED' });
});

test('a column that would hide the row number is rejected', async () => {
  const path = await writeParquet(join(await temporaryFolder(), 'a.parquet'), 'SELECT 1 AS File_Row_Number');
  await expect(inspectDataset([path], none)).rejects.toMatchObject({
    code: 'DATASET_REJECTED',
    message: expect.stringContaining('Rename the column “File_Row_Number”'),
  });
});

test('damaged pages behind a sound footer are found when they are read', async () => {
  const path = await writeParquet(join(await temporaryFolder(), 'bad.parquet'), days);
  const bytes = await readFile(path);
  bytes.subarray(4, 60).fill(255);
  await writeFile(path, bytes);
  await expect(inspectDataset([path], { ...none, partitionBy: 'id' })).rejects.toMatchObject({
    code: 'DATASET_REJECTED',
    message: expect.stringMatching(/^bad\.parquet cannot be read/),
  });
});

test('names of files and folders are only names', async () => {
  const folder = join(await temporaryFolder(), `[it's] $1; --`);
  await mkdir(folder);
  const path = await writeParquet(join(folder, `"a', 'b".parquet`), days);
  expect((await inspectDataset([path], none)).rowCount).toBe(6);
  await writeParquet(join(folder, 'b*.parquet'), days);
  await expect(inspectDataset([join(folder, 'b*.parquet')], none)).rejects.toThrow(/^Rename b\*\.parquet/);
});
