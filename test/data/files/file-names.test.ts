import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileNames } from '../../../src/data/files/file-names.ts';
import { ingest } from '../../../src/data/files/ingest.ts';
import { inspectDataset } from '../../../src/data/files/inspect.ts';
import { temporaryFolder, writeParquet } from '../parquet.ts';

describe('files are called', () => {
  test('by their names, and by folders where these are the same', () => {
    const paths = ['/a/day=1/part-0.parquet', '/a/day=2/part-0.parquet', '/a/day=2/part-1.parquet'];
    expect(paths.map(fileNames(paths))).toEqual(['day=1/part-0.parquet', 'day=2/part-0.parquet', 'part-1.parquet']);
  });

  test('each by a name of its own that ends its path, no longer than it has to be', () => {
    const part = fc.constantFrom('a', 'b', 'c');
    const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => `/root/${parts.join('/')}`);
    fc.assert(
      fc.property(fc.uniqueArray(path, { minLength: 1, maxLength: 8 }), (paths) => {
        const names = paths.map(fileNames(paths));
        expect(new Set(names).size).toBe(paths.length);
        for (const [at, name] of names.entries()) {
          expect(paths[at]?.endsWith(`/${name}`) || paths[at] === name).toBe(true);
          const shorter = name.slice(name.indexOf('/') + 1);
          const last = name.split('/').at(-1);
          if (shorter === name) continue;
          const ofName = paths.filter((other) => other.split('/').at(-1) === last);
          expect(
            new Set(ofName.map((other) => other.split('/').slice(-shorter.split('/').length).join('/'))).size,
          ).toBeLessThan(ofName.length);
        }
      }),
    );
  });
});

describe('an error about two files of one name says which is which', () => {
  const settings = { label: null, groupBy: null, partitionBy: null };

  test('of Parquet', async () => {
    const folder = await temporaryFolder();
    const paths: string[] = [];
    for (const [day, type] of [
      ['day=1', 'DOUBLE'],
      ['day=2', 'INTEGER'],
    ] as const) {
      await mkdir(join(folder, day));
      paths.push(await writeParquet(join(folder, day, 'part-0.parquet'), `SELECT 1::${type} AS x`));
    }
    await expect(inspectDataset(paths, settings)).rejects.toMatchObject({
      message: expect.stringContaining(
        'day=2/part-0.parquet has the column “x” as INTEGER, not DOUBLE as in day=1/part-0.parquet',
      ),
    });
    await writeFile(paths[1] as string, 'PAR1');
    await expect(inspectDataset(paths, settings)).rejects.toMatchObject({
      message: expect.stringContaining('The file day=2/part-0.parquet is cut off'),
    });
  });

  test.each([
    ['csv', 'CSV', 'x\n1\n', 'y\n1\n', /day=2\/part-0\.csv has “y” at place 1, unlike day=1\/part-0\.csv/],
    ['csv', 'CSV', 'x,y\n1,2\n', 'x,y\n1,2,3\n', /Line 2 of day=2\/part-0\.csv has 3 values/],
    ['csv', 'CSV', 'x\n1\n', '', /day=2\/part-0\.csv is empty/],
    ['jsonl', 'JSON_LINES', '{"x":1}\n', '{"x":1}\n{"x"\n', /Line 2 of day=2\/part-0\.jsonl is no JSON/],
  ] as const)('of .%s (%#)', async (ending, format, first, second, message) => {
    const folder = await temporaryFolder();
    const paths: string[] = [];
    for (const [day, text] of [
      ['day=1', first],
      ['day=2', second],
    ] as const) {
      await mkdir(join(folder, day));
      paths.push(join(folder, day, `part-0.${ending}`));
      await writeFile(paths.at(-1) as string, text);
    }
    await expect(ingest(paths, format, join(folder, 'out.parquet'))).rejects.toMatchObject({
      message: expect.stringMatching(message),
    });
  });
});
