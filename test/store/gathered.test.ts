import { beforeEach, expect, test } from 'vitest';
import { Gathered } from '../../src/store/gathered.ts';

/** A table that answers a query when it is told to, with what it held when the query came, and what was asked of it. */
const table = new Map<string, number>();
let queries: string[][];
let answerNext: () => void;
let failNext: (error: Error) => void;
let rows: Gathered<{ key: string; value: number }>;
beforeEach(() => {
  table.clear();
  queries = [];
  rows = new Gathered(async (keys) => {
    queries.push([...keys]);
    const held = new Map(table);
    await new Promise<void>((resolve, reject) => {
      answerNext = resolve;
      failNext = reject;
    });
    return keys.flatMap((key) => {
      const value = held.get(key);
      return value === undefined ? [] : [{ key, value }];
    });
  });
});

const turn = () => new Promise((resolve) => setImmediate(resolve));
const valuesOf = async (keys: string[]) => (await rows.get(keys)).map(({ value }) => value);

test('what is asked for at once or while a query runs is one query each', async () => {
  for (const [at, key] of ['a', 'b', 'c'].entries()) table.set(key, at);
  const first = [valuesOf(['a', 'b']), valuesOf(['b', 'none'])];
  await turn();
  const meanwhile = [valuesOf(['c']), valuesOf(['c', 'a'])];
  await turn();
  expect(queries).toEqual([['a', 'b', 'none']]);
  answerNext();
  expect(await Promise.all(first)).toEqual([[0, 1], [1]]);
  await turn();
  expect(queries.slice(1)).toEqual([['c', 'a']]);
  answerNext();
  expect(await Promise.all(meanwhile)).toEqual([[2], [2, 0]]);
});

test('what comes into being before it is asked for is found, whatever query runs', async () => {
  const before = valuesOf(['late']);
  await turn();
  table.set('late', 7);
  const after = valuesOf(['late']);
  answerNext();
  expect(await before).toEqual([]);
  await turn();
  answerNext();
  expect(await after).toEqual([7]);
  expect(queries).toHaveLength(2);
});

test('a query that fails fails for those who were in it, and the next is tried', async () => {
  table.set('a', 1);
  const first = valuesOf(['a']);
  await turn();
  const second = valuesOf(['a']);
  failNext(new Error('away'));
  await expect(first).rejects.toThrow('away');
  await turn();
  answerNext();
  expect(await second).toEqual([1]);
});

test('no keys are no query', async () => {
  expect(await rows.get([])).toEqual([]);
  expect(queries).toEqual([]);
});
