import { appendFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../../support/ask.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import {
  askToRegisterDataset,
  askToRegisterModel,
  denseManifest,
  denseRows,
  registerDataset,
  registerModel,
  registerRows,
  toysFolder,
} from '../../support/toys.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ sources: [toysFolder] });
  await registerRows(server, 'clicks', denseRows, { label: 'click' });
});
afterAll(() => server[Symbol.asyncDispose]());

const dense = (version: string, manifest: object = denseManifest()) => ({
  name: 'dense',
  version,
  uri: 'dense.onnx',
  manifest,
});
const evaluationOf = async (version: string) => {
  const { model } = await answered(server.ask)<{
    model: { evaluation: { auc: number; provenance: { cached: boolean; key: string; modelDigest: string } } };
  }>(
    `query ($version: String!) {
      model(name: "dense", version: $version) {
        evaluation(rows: { dataset: "clicks" }) { auc provenance { cached key modelDigest } }
      }
    }`,
    { version },
  );
  return model.evaluation;
};

describe('a corrected manifest', () => {
  test('is another model and never answers from the results of the old one', async () => {
    const first = await registerModel(server.ask, dense('right'));
    const corrected = await registerModel(server.ask, dense('wrong', denseManifest(['a2', 'b2', 'c2'])));
    expect(corrected.digest).not.toBe(first.digest);
    const [right, wrong] = [await evaluationOf('right'), await evaluationOf('wrong')];
    expect(right).toMatchObject({ auc: 1, provenance: { cached: false, modelDigest: first.digest } });
    expect(wrong).toMatchObject({ auc: 0, provenance: { cached: false, modelDigest: corrected.digest } });
    expect(wrong.provenance.key).not.toBe(right.provenance.key);
  });

  test('may take the place of the old one once that is deleted', async () => {
    const { id } = await registerModel(server.ask, dense('replaced', denseManifest(['a', 'b', 'c2'])));
    const before = await evaluationOf('replaced');
    await answered(server.ask)('mutation ($id: ID!) { deleteModel(input: { id: $id }) { deletedId } }', { id });
    await registerModel(server.ask, dense('replaced', denseManifest(['a2', 'b', 'c'])));
    const after = await evaluationOf('replaced');
    expect(after.provenance).toMatchObject({ cached: false });
    expect(after.provenance.key).not.toBe(before.provenance.key);
  });

  test('with the same meaning is the same model: its results are kept', async () => {
    await registerModel(server.ask, dense('a'));
    await evaluationOf('a');
    await registerModel(server.ask, dense('b'));
    expect((await evaluationOf('b')).provenance.cached).toBe(true);
  });
});

describe('the same name and version', () => {
  test('of a model again: with the same bytes a success, with others a conflict', async () => {
    const first = await registerModel(server.ask, dense('same'));
    expect(await registerModel(server.ask, dense('same'))).toEqual(first);
    const other = await askToRegisterModel(server.ask, {
      ...dense('same'),
      uri: 'logit.onnx',
      manifest: logitManifest,
    });
    expect(other.errors).toMatchObject([
      { message: expect.stringContaining('“same” of the model “dense”'), extensions: { code: 'CONFLICT' } },
    ]);
    const retagged = await askToRegisterModel(server.ask, { ...dense('same'), tags: ['new'] });
    expect(retagged.errors).toMatchObject([{ extensions: { code: 'CONFLICT', name: 'dense', version: 'same' } }]);
  });

  test('of a dataset again: with the same bytes a success, with others a conflict', async () => {
    const rows = { name: 'again', uri: 'again.parquet', label: 'click' };
    const first = await registerRows(server, 'again', denseRows, { label: 'click' });
    await copyFile(join(server.folder, 'again.parquet'), join(server.folder, 'copy.parquet'));
    expect(await registerDataset(server.ask, rows)).toEqual(first);
    expect(await registerDataset(server.ask, { ...rows, uri: 'copy.parquet' })).toEqual(first);
    for (const other of [
      { ...rows, uri: 'clicks.parquet', label: undefined },
      { ...rows, groupBy: 'who' },
    ]) {
      const { errors } = await askToRegisterDataset(server.ask, other);
      expect(errors).toMatchObject([
        { message: expect.stringContaining('“1” of the dataset “again”'), extensions: { code: 'CONFLICT' } },
      ]);
    }
  });

  test('of ten clients at once is one model', async () => {
    const models = await Promise.all(Array.from({ length: 10 }, () => registerModel(server.ask, dense('at once'))));
    expect(new Set(models.map(({ id }) => id)).size).toBe(1);
  });
});

test('rows that change after they were registered are no longer read', async () => {
  await registerModel(server.ask, dense('reader'));
  await registerRows(server, 'moving', `${denseRows} LIMIT 2`, { label: 'click' });
  await appendFile(join(server.folder, 'moving.parquet'), 'more');
  const { errors } = await server.ask(
    '{ model(name: "dense", version: "reader") { evaluation(rows: { dataset: "moving" }) { auc } } }',
  );
  expect(errors).toMatchObject([
    {
      message: expect.stringContaining('moving.parquet was changed after it was registered'),
      path: ['model', 'evaluation'],
      extensions: { code: 'DATASET_REJECTED' },
    },
  ]);
});

const logitManifest = { ...denseManifest(), score: { output: 'logit', space: 'LOGIT' } };
