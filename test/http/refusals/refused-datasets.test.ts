// @module-tag any-database
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { expectRefused, type Refusal } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { askToRegisterDataset, damage, denseRows } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ workers: 0 });
  const path = (name: string) => join(server.folder, name);
  await writeParquet(path('rows.parquet'), denseRows);
  const bytes = await readFile(path('rows.parquet'));
  await writeFile(path('cut.parquet'), bytes.subarray(0, 100));
  await writeParquet(path('bitten.parquet'), 'SELECT (range % 2)::INT AS click, hash(range) AS a FROM range(3000)');
  await damage(path('bitten.parquet'));
  await writeFile(path('empty.parquet'), '');
  await writeFile(path('text.parquet'), 'a,b,c\n1,2,3\n');
  await mkdir(path('nothing'));
  await mkdir(path('days'));
  await writeParquet(path('days/1.parquet'), 'SELECT 1 AS a, 0 AS click');
  await writeParquet(path('days/2.parquet'), "SELECT 'one' AS a, 0 AS click");
  await writeParquet(path('none.parquet'), 'SELECT 1 AS a WHERE false');
  await writeParquet(path('many.parquet'), 'SELECT range AS a FROM range(10001)');
  await symlink('/etc', path('away'));
});
afterAll(() => server[Symbol.asyncDispose]());

afterEach(async () => {
  const { datasets } = await answered(server.ask)<{ datasets: object }>('{ datasets { totalCount } }');
  expect(datasets).toEqual({ totalCount: 0 });
});

const register = (uri: string, settings: object = {}) =>
  askToRegisterDataset(server.ask, { name: 'd', uri, ...settings });

describe('files that are no rows are refused', () => {
  test.each<[uri: string, ...Refusal]>([
    ['cut.parquet', 'DATASET_REJECTED', /cut.parquet is cut off/],
    ['empty.parquet', 'DATASET_REJECTED', /empty.parquet is empty/],
    ['text.parquet', 'DATASET_REJECTED', /text.parquet is not Parquet/],
    ['nothing', 'DATASET_REJECTED', /“nothing” has no file whose name ends in .parquet/],
    ['days', 'DATASET_REJECTED', /do not have the same columns: 2.parquet has the column “a” as VARCHAR, not INTEGER/],
    ['none.parquet', 'DATASET_REJECTED', /There are no rows in none.parquet/],
    ['rows.csv', 'BAD_USER_INPUT', /There is no file or folder “rows.csv”/],
    ['/etc', 'FORBIDDEN', /“\/etc” is outside/],
    ['../*.parquet', 'FORBIDDEN', /outside/],
    ['away', 'FORBIDDEN', /“away” is outside/],
    ['a*y', 'FORBIDDEN', /“a\*y” is outside/],
    ['a*y/passwd', 'BAD_USER_INPUT', /Nothing matches “a\*y\/passwd”/],
  ])('%s', async (uri, ...refusal) => {
    expectRefused(await register(uri), refusal);
  });
});

describe('settings that do not fit the rows are refused', () => {
  test.each<[settings: Record<string, string>, message: RegExp]>([
    [{ label: 'klick' }, /label: there is no column “klick”. Did you mean “click”\?/],
    [{ label: 'c' }, /label: the column “c” must be 0, 1 or null, and has “-1”/],
    [{ label: 'day' }, /label: the column “day” must be 0, 1 or null, and has “mon”, “tue”. Say with positive/],
    [{ groupBy: 'hwo' }, /groupBy: there is no column “hwo”/],
    [{ partitionBy: 'dya' }, /partitionBy: there is no column “dya”/],
  ])('%j', async (settings, message) => {
    const answer = await register('rows.parquet', settings);
    expectRefused(answer, ['BAD_USER_INPUT', message]);
    expect(answer.errors[0]?.extensions.argument).toBe(`input.${Object.keys(settings)[0]}`);
  });

  test('a damaged column, where it is read', async () => {
    const answer = await register('bitten.parquet', { label: 'click' });
    expectRefused(answer, ['DATASET_REJECTED', /bitten.parquet cannot be read: damaged/]);
  });

  test('a partition column with more values than days', async () => {
    const answer = await register('many.parquet', { partitionBy: 'a' });
    expectRefused(answer, ['BAD_USER_INPUT', /partitionBy: the column “a” has more than 10000 values/]);
  });
});
