import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { writeOwnFile } from '../../../src/data/files/dataset-copies.ts';
import { formatOf } from '../../../src/data/files/formats.ts';
import { ingest } from '../../../src/data/files/ingest.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import { readRows } from '../../../src/data/page.ts';
import { temporaryFolder } from '../parquet.ts';

/** The rows of files with these names and texts, as a dataset has them after they became one Parquet file. */
async function ingested(files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = await temporaryFolder();
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    paths.push(join(folder, name));
    await writeFile(join(folder, name), text);
  }
  const { path, origin } = await writeOwnFile(join(folder, 'home'), paths, formatOf(paths[0] as string) ?? 'CSV');
  const dataset = await inspectDataset([path], { label: null, groupBy: null, partitionBy: null }, origin);
  const rows = await readRows(dataset, { count: 100 });
  return {
    types: Object.fromEntries(dataset.columns.map(({ name, type }) => [name, type])),
    rows: rows.map(({ values }) => values),
    digest: dataset.digest,
  };
}

describe('a column of CSV is what all of its texts are', () => {
  test.each<[type: string, texts: string[], values: unknown[]]>([
    ['BIGINT', ['1', '', '-7', '+3'], [1, null, -7, 3]],
    ['BIGINT', [' 1', '2 '], [1, 2]],
    ['BIGINT', ['', ''], [null, null]],
    ['UBIGINT', ['1', '18446744073709551615'], [1, '18446744073709551615']],
    ['DECIMAL(38,0)', ['-1', '18446744073709551615'], [-1, Number('18446744073709551615')]],
    ['DOUBLE', ['1', '2.5', '1e3', '.5', '-3.'], [1, 2.5, 1000, 0.5, -3]],
    ['DOUBLE', ['1', 'NaN', 'inf', '-Infinity'], [1, 'NaN', 'Infinity', '-Infinity']],
    ['BOOLEAN', ['true', 'FALSE', ''], [true, false, null]],
    ['DATE', ['2024-02-29', '2023-01-01'], ['2024-02-29', '2023-01-01']],
    ['TIMESTAMP', ['2024-02-29 12:00', '2023-01-01'], ['2024-02-29T12:00:00', '2023-01-01T00:00:00']],
    [
      'TIMESTAMP WITH TIME ZONE',
      ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00+02:00'],
      ['2024-02-29T12:00:00+00', '2024-02-29T10:00:00+00'],
    ],
    ['BIGINT[]', ['"[1, 2]"', '[]', '"[3, null]"', ''], [[1, 2], [], [3, null], null]],
    ['DOUBLE[]', ['"[1, 2.5]"', '[3]'], [[1, 2.5], [3]]],
    [
      'VARCHAR[]',
      ['"[""a, b"", ""c""]"', '"[d, e]"'],
      [
        ['a, b', 'c'],
        ['d', 'e'],
      ],
    ],
    ['VARCHAR', ['1', '2', 'three'], ['1', '2', 'three']],
    ['VARCHAR', ['007', '8'], ['007', '8']],
    ['VARCHAR', ['2023-02-29', '2024-01-01'], ['2023-02-29', '2024-01-01']],
    ['VARCHAR', ['0x1f', '1_000'], ['0x1f', '1_000']],
    ['VARCHAR', ['"say ""hi"""', '"two\nlines"', "' OR 1=1 --"], ['say "hi"', 'two\nlines', "' OR 1=1 --"]],
  ])('%s: %j', async (type, texts, values) => {
    const { types, rows } = await ingested({
      'a.csv': `x,row\n${texts.map((text, at) => `${text},${at}\n`).join('')}`,
    });
    expect(types).toEqual({ x: type, row: 'BIGINT' });
    expect(rows.map(({ x }) => x)).toEqual(values);
  });

  test('also where only the last of many rows says so', async () => {
    const numbers = Array.from({ length: 5000 }, (_, at) => at).join('\n');
    expect((await ingested({ 'a.csv': `x\n${numbers}\n` })).types).toEqual({ x: 'BIGINT' });
    expect((await ingested({ 'a.csv': `x\n${numbers}\n0.5\n` })).types).toEqual({ x: 'DOUBLE' });
    expect((await ingested({ 'a.csv': `x\n${numbers}\nnone\n` })).types).toEqual({ x: 'VARCHAR' });
  });
});

describe('CSV as people have it', () => {
  test.each<[what: string, name: string, text: string | Uint8Array]>([
    ['semicolons', 'a.csv', 'id;"the, name"\n1;x\n2;y\n'],
    ['tabs', 'a.tsv', 'id\tthe, name\n1\tx\n2\ty\n'],
    ['bars', 'a.csv', 'id|"the, name"\n1|x\n2|y\n'],
    ['a byte order mark, CR LF and no last line end', 'a.csv', '\uFEFFid;"the, name"\r\n1;x\r\n2;y'],
    ['an empty line at the end', 'a.csv', 'id;"the, name"\n1;x\n2;y\n\n'],
    ['blank lines before its names', 'a.csv', '\uFEFF\n  \n\nid;"the, name"\n1;x\n2;y\n'],
    ['gzip', 'a.csv.gz', gzipSync('id;"the, name"\n1;x\n2;y\n')],
  ])('with %s', async (_, name, text) => {
    expect((await ingested({ [name]: text })).rows).toEqual([
      { id: 1, 'the, name': 'x' },
      { id: 2, 'the, name': 'y' },
    ]);
  });

  test('columns have any name, and differ by case alone', async () => {
    const names = ['A', 'a', 'b.c', 'select', '', ' ', 'ünï "q"', "x'; --"].filter((name) => name.trim() !== '');
    const header = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
    const { rows } = await ingested({ 'a.csv': `${header}\n${names.map((_, at) => at).join(',')}\n` });
    expect(rows).toEqual([Object.fromEntries(names.map((name, at) => [name, at]))]);
  });

  test('names and values may have other delimiters, without quotes', async () => {
    const { rows } = await ingested({ 'a.csv': 'a;b;c,d;e;f\n1,x;y\n2,z\n' });
    expect(rows).toEqual([
      { 'a;b;c': 1, 'd;e;f': 'x;y' },
      { 'a;b;c': 2, 'd;e;f': 'z' },
    ]);
  });

  test('rows keep their order over files', async () => {
    const part = (from: number) => `x\n${Array.from({ length: 3000 }, (_, at) => from + at).join('\n')}\n`;
    const { rows } = await ingested({ 'a.csv': part(0), 'b.csv': part(3000) });
    expect(rows.slice(0, 3)).toEqual([{ x: 0 }, { x: 1 }, { x: 2 }]);
    expect(rows).toHaveLength(100);
  });

  test('and files have any number of blank lines before their names', async () => {
    const { rows } = await ingested({
      'a.csv': '\nx\n1\n',
      'b.csv': 'x\n2\n',
      'c.csv': 'x\n3\n',
      'd.csv': '\r\n\r\nx\r\n4\r\n',
    });
    expect(rows).toEqual([{ x: 1 }, { x: 2 }, { x: 3 }, { x: 4 }]);
  });
});

describe('JSON Lines', () => {
  test('have the types of their values; what a line leaves out is null', async () => {
    const { types, rows } = await ingested({
      'a.jsonl': [
        '{"n": 1, "x": 1, "s": "007", "b": true, "l": [1, 2], "d": "2024-01-31", "big": 18446744073709551615, "mixed": 1}',
        '{"n": null, "x": 1.5, "s": "b", "l": [], "d": "2024-02-01", "mixed": "one", "late": 3}',
      ].join('\n'),
    });
    expect(types).toEqual({
      n: 'BIGINT',
      x: 'DOUBLE',
      s: 'VARCHAR',
      b: 'BOOLEAN',
      l: 'BIGINT[]',
      d: 'DATE',
      big: 'DECIMAL(38,0)',
      mixed: 'VARCHAR',
      late: 'BIGINT',
    });
    expect(rows.map(({ mixed, late, n, s }) => [mixed, late, n, s])).toEqual([
      ['1', null, 1, '007'],
      ['one', 3, null, 'b'],
    ]);
  });

  test('of several files have the columns of all', async () => {
    const { rows } = await ingested({ 'a.jsonl': '{"a": 1}\n', 'b.jsonl': '{"b": [1], "a": 2}\n' });
    expect(rows).toEqual([
      { a: 1, b: null },
      { a: 2, b: [1] },
    ]);
  });
});

test('of many keys, and of other keys on every line, are rows', async () => {
  const lines = Array.from({ length: 300 }, (_, at) => `{"k${at}": ${at}, "n": ${at}}`);
  const { rows, types } = await ingested({ 'a.jsonl': lines.join('\n') });
  expect(Object.keys(types)).toHaveLength(301);
  expect(rows[2]).toMatchObject({ k1: null, k2: 2, n: 2 });
});

test('the digest is of the files as they came', async () => {
  const { digest } = await ingested({ 'a.csv': 'a\n1\n' });
  expect((await ingested({ 'other.csv': 'a\n1\n' })).digest).toBe(digest);
  expect((await ingested({ 'a.csv': 'a\n1\n\n' })).digest).not.toBe(digest);
});

describe('what cannot be read is rejected, with the line where it is known', () => {
  test.each<[what: string, files: Record<string, string | Uint8Array>, message: RegExp]>([
    ['an empty file', { 'a.csv': '' }, /^The file a.csv is empty/],
    ['a file of empty lines', { 'a.csv': '\n\n' }, /^The file a.csv is empty/],
    ['only a header', { 'a.csv': 'a,b\n' }, /There are no rows in a.csv/],
    ['a line too short', { 'a.csv': 'a,b\n1,2\n3\n' }, /^Line 3 of a.csv has 1 values; its first line names 2 columns/],
    ['a line too short, below a blank one', { 'a.csv': '\na,b\n1,2\n3\n' }, /^Line 4 of a.csv has 1 values/],
    [
      'blank lines that end otherwise',
      { 'a.csv': '\r\na,b\n1,2\n' },
      /blank lines at the beginning of a.csv end otherwise/,
    ],
    ['a line too long', { 'a.csv': 'a,b\n1,2,3\n' }, /^Line 2 of a.csv has 3 values/],
    ['a quote without end', { 'a.csv': 'a,b\n1,"2\n3,4\n' }, /^Line 2 of a.csv has a quote that does not end/],
    [
      'bytes that are no UTF-8',
      { 'a.csv': Buffer.from('a,b\n1,\xff\n', 'latin1') },
      /^Line 2 of a.csv is no text in UTF-8/,
    ],
    ['UTF-16', { 'a.csv': Buffer.from('\uFEFFa,b\n1,2\n', 'utf16le') }, /^The file a.csv is no text in UTF-8/],
    ['another delimiter', { 'a.csv': 'a~b~c\n1~2~3\n' }, /“a~b~c” is one name: separate columns by commas/],
    ['a name twice', { 'a.csv': 'a,b,a\n1,2,3\n' }, /must name its columns, and it has “a” twice/],
    ['a column without a name', { 'a.csv': 'a,,b\n1,2,3\n' }, /the name of column 2 is empty/],
    ['no header', { 'a.csv': '39, State-gov, 77516\n50, Private, 83311\n' }, /“39” for one of numbers/],
    ['other columns', { 'a.csv': 'a,b\n1,2\n', 'b.csv': 'a,c\n1,2\n' }, /b.csv has “c” at place 2, unlike a.csv/],
    ['fewer columns', { 'a.csv': 'a,b\n1,2\n', 'b.csv': 'a\n1\n' }, /b.csv has other columns/],
    ['damaged gzip', { 'a.csv.gz': gzipSync('a,b\n1,2\n').subarray(0, 12) }, /a.csv.gz/],
    ['an empty JSON file', { 'a.jsonl': '' }, /^The file a.jsonl is empty/],
    ['a line that is no JSON', { 'a.jsonl': '{"a": 1}\n{"a": \n' }, /^Line 2 of a.jsonl is no JSON/],
    ['a line that is no object', { 'a.jsonl': '[1, 2]\n' }, /must be objects/],
    ['a key twice', { 'a.jsonl': '{"a": 1}\n{"a": 1, "a": 2}\n' }, /^Line 2 of a.jsonl has the key “a” twice/],
    ['Parquet that is none', { 'a.parquet': 'a,b\n1,2\n' }, /cannot be read/],
  ])('%s', async (_, files, message) => {
    await expect(ingested(files)).rejects.toMatchObject({
      code: 'DATASET_REJECTED',
      message: expect.stringMatching(message),
    });
  });
});

test.runIf(process.platform === 'linux')('a disk that is full is not blamed on the data', async () => {
  const path = join(await temporaryFolder(), 'rows.csv');
  await writeFile(path, 'a,b\n1,2\n');
  await expect(ingest([path], 'CSV', '/dev/full')).rejects.toMatchObject({
    code: 'ANALYSIS_FAILED',
    message: expect.stringMatching(/disk is full/),
  });
});
