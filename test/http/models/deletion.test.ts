import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { expectRefused } from '../../support/refusals.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { denseManifest, denseRows, registerModel, registerRows, toysFolder } from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder, 'examples/flights'] });
});
afterAll(() => server[Symbol.asyncDispose]());

/** Files below a folder of the home, in order. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(join(server.home, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();
}
const remove = (type: 'Model' | 'Dataset', id: string) =>
  answered(server.ask)(`mutation ($id: ID!) { delete${type}(input: { id: $id }) { deletedId } }`, { id });
const evaluate = (model: string, dataset = 'clicks') =>
  answered(server.ask)<{ model: { evaluation: { auc: number; provenance: { cached: boolean } } } }>(
    `{ model(name: "${model}") { evaluation(rows: { dataset: "${dataset}" }) { auc provenance { cached } } } }`,
  );
const resultCount = async (): Promise<number> =>
  (await answered(server.ask)<{ cache: { resultCount: number } }>('{ cache { resultCount } }')).cache.resultCount;
const dense = (name: string, columns?: string[]) =>
  registerModel(server.ask, { name, uri: 'dense.onnx', manifest: denseManifest(columns) });

let clicks: { id: string };
beforeEach(async () => {
  clicks = await registerRows(server, 'clicks', denseRows, { label: 'click' });
  return async () => {
    await server.ask(`mutation { deleteDataset(input: { id: "${clicks.id}" }) { deletedId } }`);
    expect(await filesIn('scores')).toEqual([]);
    expect(await filesIn('models')).toEqual([]);
    expect(await resultCount()).toBe(0);
  };
});

describe('a model that is deleted', () => {
  test('takes its aliases, results, scores and files along', async () => {
    const { id } = await dense('gone');
    await answered(server.ask)(
      'mutation { setModelAlias(input: { model: { name: "gone" }, alias: "a" }) { model { id } } }',
    );
    await evaluate('gone');
    expect(await resultCount()).toBe(2);
    expect(await filesIn('scores')).toHaveLength(1);
    expect(await filesIn('models')).toEqual(['graph.json', 'graph.onnx', 'weights.bin']);
    expect(await remove('Model', id)).toEqual({ deleteModel: { deletedId: id } });
    expect(
      await answered(server.ask)('{ a: model(name: "gone") { id } b: model(name: "gone", alias: "a") { id } }'),
    ).toEqual({ a: null, b: null });
    expectRefused(await server.ask(`mutation { deleteModel(input: { id: "${id}" }) { deletedId } }`), [
      'NOT_FOUND',
      /There is no model/,
    ]);
  });

  test('leaves to others what they share with it', async () => {
    const [one, other] = [await dense('one'), await dense('other', ['a2', 'b2', 'c2'])];
    await registerRows(server, 'swapped', denseRows.replace('rows(a, b, c, a2, b2, c2', 'rows(a2, b2, c2, a, b, c'), {
      label: 'click',
    });
    // Equal scores of two models are one file.
    await evaluate('one', 'clicks');
    await evaluate('other', 'swapped');
    expect(await filesIn('scores')).toHaveLength(1);
    await remove('Model', one.id);
    expect(await filesIn('scores')).toHaveLength(1);
    expect(await filesIn('models')).toHaveLength(3);
    expect((await evaluate('other', 'swapped')).model.evaluation).toEqual({ auc: 1, provenance: { cached: true } });
    expect((await evaluate('other', 'clicks')).model.evaluation).toEqual({ auc: 0, provenance: { cached: false } });
    await remove('Model', other.id);
  });

  test('may be registered and asked again', async () => {
    await remove('Model', (await dense('again')).id);
    const { id } = await dense('again');
    expect((await evaluate('again')).model.evaluation).toEqual({ auc: 1, provenance: { cached: false } });
    await remove('Model', id);
  });

  test('takes its vocabularies along, as long as no other has them', async () => {
    const [v1, v2] = [
      await registerModel(server.ask, { name: 'flights', version: '1', uri: 'v1' }),
      await registerModel(server.ask, { name: 'flights', version: '2', uri: 'v2' }),
    ];
    const both = await filesIn('vocabularies');
    expect(both.length).toBeGreaterThan(0);
    await remove('Model', v1.id);
    expect(await filesIn('vocabularies')).toEqual(both);
    await remove('Model', v2.id);
    expect(await filesIn('vocabularies')).toEqual([]);
  });
});

describe('a dataset that is deleted', () => {
  test('takes its results and scores along, and leaves the files that were read in place', async () => {
    const { id } = await dense('reader');
    await evaluate('reader');
    expect(await remove('Dataset', clicks.id)).toEqual({ deleteDataset: { deletedId: clicks.id } });
    expect(await filesIn('scores')).toEqual([]);
    expect(await filesIn('models')).toHaveLength(3);
    expect(await resultCount()).toBe(0);
    expect(await readdir(server.folder)).toContain('clicks.parquet');
    await remove('Model', id);
  });

  test('leaves its jobs, which then read nothing', async () => {
    const { id } = await dense('worked');
    const { model } = await answered(server.ask)<{ model: { evaluation: { provenance: { job: { id: string } } } } }>(
      '{ model(name: "worked") { evaluation(rows: { dataset: "clicks" }) { provenance { job { id } } } } }',
    );
    const job = model.evaluation.provenance.job.id;
    await remove('Dataset', clicks.id);
    await remove('Model', id);
    expect(
      await answered(server.ask)('query ($job: ID!) { job(id: $job) { state model { id } dataset { id } } }', { job }),
    ).toEqual({ job: { state: 'DONE', model: null, dataset: null } });
  });
});
