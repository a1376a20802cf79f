import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { registerDataset, registerRows } from '../../support/toys.ts';

/** Ten rows in two files: n from 0, day a, b or c in turn, and a null where n is 4. */
const rows = (from: number, to: number): string => `
  SELECT range AS n, ['a', 'b', 'c'][range % 3 + 1] AS day, (range % 2)::TINYINT AS click,
         CASE WHEN range = 4 THEN NULL ELSE range / 2 END AS half, [range, range + 1] AS pair
  FROM range(${from}, ${to})`;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await mkdir(join(server.folder, 'log'));
  await writeParquet(join(server.folder, 'log/1.parquet'), rows(0, 4));
  await writeParquet(join(server.folder, 'log/2.parquet'), rows(4, 10));
  const settings = { label: 'click', partitionBy: 'day', groupBy: 'n' };
  await registerDataset(server.ask, { name: 'log', version: '1', uri: 'log/1.parquet', ...settings });
  await registerDataset(server.ask, { name: 'log', version: '2', uri: 'log', ...settings });
  await registerRows(server, 'other', 'SELECT 1 AS a');
});
afterAll(() => server[Symbol.asyncDispose]());

interface Page {
  readonly totalCount: number;
  readonly pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
  readonly nodes: { index: number; partition: string; label: number; values: Record<string, unknown> }[];
}
const page = async (args: string): Promise<Page> =>
  (
    await answered(server.ask)<{ dataset: { rows: Page } }>(`{
      dataset(name: "log") {
        rows(${args}) {
          totalCount
          pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
          nodes { index partition label values }
        }
      }
    }`)
  ).dataset.rows;
const indexes = ({ nodes }: Page): number[] => nodes.map(({ index }) => index);

describe('a dataset', () => {
  test('says what it is', async () => {
    expect(
      await answered(server.ask)(`{
        dataset(name: "log") {
          version rowCount label groupBy partitionBy
          partitions { name rowCount positiveCount }
          columns { name type nullCount distinctCount minimum maximum }
          versions { nodes { version rowCount } }
        }
      }`),
    ).toEqual({
      dataset: {
        version: '2',
        rowCount: 10,
        label: 'click',
        groupBy: 'n',
        partitionBy: 'day',
        partitions: [
          { name: 'a', rowCount: 4, positiveCount: 2 },
          { name: 'b', rowCount: 3, positiveCount: 2 },
          { name: 'c', rowCount: 3, positiveCount: 1 },
        ],
        columns: [
          { name: 'n', type: 'BIGINT', nullCount: 0, distinctCount: 10, minimum: 0, maximum: 9 },
          { name: 'day', type: 'VARCHAR', nullCount: 0, distinctCount: 3, minimum: 'a', maximum: 'c' },
          { name: 'click', type: 'TINYINT', nullCount: 0, distinctCount: 2, minimum: 0, maximum: 1 },
          { name: 'half', type: 'DOUBLE', nullCount: 1, distinctCount: 9, minimum: 0, maximum: 4.5 },
          expect.objectContaining({ name: 'pair', type: 'BIGINT[]', nullCount: 0 }),
        ],
        versions: {
          nodes: [
            { version: '2', rowCount: 10 },
            { version: '1', rowCount: 4 },
          ],
        },
      },
    });
  });

  test('is listed in its latest version, newest first', async () => {
    expect(
      await answered(server.ask)(`{
        datasets { totalCount nodes { name version } }
        searched: datasets(search: "LO") { nodes { name } }
        first: dataset(name: "log", version: "1") { rowCount }
      }`),
    ).toEqual({
      datasets: {
        totalCount: 2,
        nodes: [
          { name: 'other', version: '1' },
          { name: 'log', version: '2' },
        ],
      },
      searched: { nodes: [{ name: 'log' }] },
      first: { rowCount: 4 },
    });
  });
});

describe('rows', () => {
  test('are what the files have, in their order', async () => {
    const { nodes, totalCount } = await page('first: 20');
    expect(totalCount).toBe(10);
    expect(nodes).toEqual(
      Array.from({ length: 10 }, (_, n) => {
        const day = 'abc'[n % 3];
        const half = n === 4 ? null : n / 2;
        const values = { n, day, click: n % 2, half, pair: [n, n + 1] };
        return { index: n, partition: day, label: n % 2, values };
      }),
    );
  });

  test('of some partitions are those rows, under their own indexes', async () => {
    const { nodes, totalCount } = await page('partitions: ["c", "a", "c"]');
    expect(totalCount).toBe(7);
    expect(nodes.map(({ index }) => index)).toEqual([0, 2, 3, 5, 6, 8, 9]);
  });

  test.each(['', 'partitions: ["a"], '])('in pages from either end meet all of them: (%s…)', async (partitions) => {
    const whole = indexes(await page(`${partitions}first: 20`));
    const forwards: number[] = [];
    for (let after = ''; ; ) {
      const { pageInfo, ...rest } = await page(`${partitions}first: 3${after}`);
      forwards.push(...indexes({ pageInfo, ...rest }));
      expect(pageInfo.hasPreviousPage).toBe(after !== '');
      if (!pageInfo.hasNextPage) break;
      after = `, after: "${pageInfo.endCursor}"`;
    }
    const backwards: number[] = [];
    for (let before = ''; ; ) {
      const { pageInfo, ...rest } = await page(`${partitions}last: 3${before}`);
      backwards.unshift(...indexes({ pageInfo, ...rest }));
      expect(pageInfo.hasNextPage).toBe(before !== '');
      if (!pageInfo.hasPreviousPage) break;
      before = `, before: "${pageInfo.startCursor}"`;
    }
    expect([forwards, backwards]).toEqual([whole, whole]);
  });

  test('between two cursors, or none, or beyond the end', async () => {
    const { pageInfo } = await page('first: 8');
    const { endCursor, startCursor } = pageInfo;
    expect(indexes(await page(`after: "${startCursor}", before: "${endCursor}"`))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(indexes(await page(`last: 2, after: "${startCursor}", before: "${endCursor}"`))).toEqual([5, 6]);
    expect(await page('first: 0')).toMatchObject({ totalCount: 10, nodes: [], pageInfo: { hasNextPage: true } });
    const last = (await page('last: 1')).pageInfo.endCursor;
    expect(await page(`after: "${last}"`)).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false } });
  });
});
