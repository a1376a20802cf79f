import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { encodeResult } from '../../src/analysis/codec.ts';
import { KeptResults } from '../../src/planner/kept.ts';
import { insertDataset } from '../../src/store/datasets.ts';
import { insertModel } from '../../src/store/models.ts';
import { claim, complete, getResults } from '../../src/store/results.ts';
import { results } from '../../src/store/schema.ts';
import { freshDatabase } from '../support/database.ts';
import { newDataset, newModel } from '../support/rows.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let about: { modelId: string; datasetId: string };
let kept: KeptResults;
beforeAll(async () => {
  database = await freshDatabase();
  const { id: modelId } = await insertModel(database.db, newModel('ctr', '1'));
  const { id: datasetId } = await insertDataset(database.db, newDataset('clicks', '1'));
  about = { modelId, datasetId };
});
afterAll(() => database[Symbol.asyncDispose]());
beforeEach(() => {
  kept = new KeptResults(database.db, { memoryBytes: 1000 });
  return () => kept.close();
});

/** A claim of a new key, and with a value its result. */
async function newKey(value?: unknown): Promise<string> {
  const [key, jobId] = [randomUUID(), randomUUID()];
  const names = { analysis: 'moments', modelDigest: 'm', datasetDigest: 'd', engineVersion: '0.1.0' };
  await claim(database.db, [{ ...about, ...names, key, jobId }]);
  if (value === undefined) return key;
  const counts = { rowCount: 3, skippedRowCount: 0, durationMs: 1, executor: 'ONNXRUNTIME', device: 'cpu' };
  await complete(database.db, jobId, { key, value: encodeResult(value), files: [], ...counts }, 1);
  return key;
}

const resultOf = async (key: string): Promise<unknown> => (await kept.get([key])).get(key)?.value;

test('results come decoded, with where they come from; claims and unknown keys are not there', async () => {
  const key = await newKey({ mean: Float64Array.of(1, 2) });
  const found = await kept.get([key, await newKey(), 'never asked']);
  expect([...found.keys()]).toEqual([key]);
  expect(found.get(key)).toMatchObject({
    value: { mean: Float64Array.of(1, 2) },
    provenance: { key, rowCount: 3, modelDigest: 'm', executor: 'ONNXRUNTIME' },
  });
});

test('what was asked for once is answered from memory, until it is forgotten', async () => {
  const key = await newKey({ an: 'answer' });
  const first = await resultOf(key);
  await database.db.delete(results).where(eq(results.key, key));
  expect(await resultOf(key)).toBe(first);
  kept.forget();
  expect(await resultOf(key)).toBeUndefined();
});

test('memory is bounded: what was used last stays', async () => {
  const half = new Uint8Array(400);
  const [a, b, c] = [await newKey(half), await newKey(half), await newKey(half)] as [string, string, string];
  const [first, second] = [await resultOf(a), await resultOf(b)];
  expect(await resultOf(a)).toBe(first);
  await resultOf(c);
  expect(await resultOf(a)).toBe(first);
  expect(await resultOf(b)).not.toBe(second);
});

test('the store learns what was used, also from memory', async () => {
  const key = await newKey('used');
  const [before] = await getResults(database.db, [key]);
  await resultOf(key);
  await resultOf(key);
  await kept.close();
  const [after] = await getResults(database.db, [key]);
  expect(after?.usedAt.getTime()).toBeGreaterThan(before?.usedAt.getTime() as number);
});

test('what is in the store is told by the store alone', async () => {
  const [key, claimed] = [await newKey('there'), await newKey()];
  await resultOf(key);
  expect(await kept.claims([key, claimed, 'never asked'])).toMatchObject([
    { key, isDone: true },
    { key: claimed, isDone: false },
  ]);
  await database.db.delete(results).where(eq(results.key, key));
  expect(await kept.claims([key])).toEqual([]);
});
