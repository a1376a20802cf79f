import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answered } from '../support/ask.ts';
import { type DatabaseLocation, freshLocation } from '../support/database.ts';
import { startProcess } from '../support/process.ts';
import { copyToy, denseManifest, registerDataset, registerModel } from '../support/toys.ts';

let folder: string;
let old: DatabaseLocation & AsyncDisposable;
let fresh: DatabaseLocation & AsyncDisposable;
let archive: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'glassgraph-sources-')));
  archive = join(folder, 'archive');
  [old, fresh] = [await freshLocation(), await freshLocation()];
});
afterAll(async () => {
  await Promise.all([old, fresh].map((location) => location[Symbol.asyncDispose]()));
  await rm(folder, { recursive: true, force: true });
});

/** As in a shell. */
const run = (command: string, path: string, { home, databaseUrl = '' }: DatabaseLocation) =>
  new Promise<{ code: number | null; out: string; said: string }>((resolve) => {
    const { GLASSGRAPH_DB: _, ...environment } = process.env;
    const env = { ...environment, DATABASE_URL: databaseUrl };
    const child = execFile(
      process.execPath,
      ['src/main.ts', command, path, '--home', home],
      { env },
      (_error, out, said) => resolve({ code: child.exitCode, out, said }),
    );
  });

const page = (rows = '{ dataset: "rows" }') => `{
  model(name: "dense", alias: "champion") {
    id digest createdAt
    evaluation(rows: ${rows}) { rowCount auc provenance { cached key computedAt job { id } } }
    layer(name: "hidden") { statistics(rows: ${rows}) { mean provenance { cached } } }
  }
  dataset(name: "rows") { id digest createdAt }
  models(allVersions: true) { nodes { version } }
}`;

describe('what outlives an upgrade', { timeout: 120_000 }, () => {
  test('is exported from one home and imported into another, where nothing has to be computed again', async () => {
    await copyToy({ folder }, 'dense.onnx', 'dense.onnx');
    // Written anew below the home.
    await writeFile(join(folder, 'rows.csv'), 'a,b,c,click\n1,2,3,0\n1,0,0,0\n0,1,-1,1\n');
    const before = await startProcess(old, folder);
    for (const version of ['2', '10', '1'])
      await registerModel(before.ask, { name: 'dense', version, uri: 'dense.onnx', manifest: denseManifest() });
    await registerDataset(before.ask, { name: 'rows', uri: 'rows.csv', label: 'click' });
    await answered(before.ask)(
      'mutation { setModelAlias(input: { model: { name: "dense", version: "10" }, alias: "champion" }) { model { id } } }',
    );
    await answered(before.ask)(page());
    const kept = await answered(before.ask)(page());
    await before.kill('SIGTERM');
    await rm(join(folder, 'rows.csv'));
    expect(await run('export', archive, old)).toEqual({
      code: 0,
      out: expect.stringMatching(/^3 models, 1 aliases, 1 datasets, [1-9]\d* results\n$/),
      said: '',
    });
    await rm(old.home, { recursive: true });

    expect(await run('import', archive, fresh)).toMatchObject({ code: 0, said: '' });
    const again = await run('import', archive, fresh);
    expect([again.code, again.said]).toEqual([1, expect.stringMatching(/^glassgraph: There are models here already/)]);
    const after = await startProcess(fresh, folder);
    const found = await answered(after.ask)(page());
    // Jobs are history, and stay behind.
    expect(JSON.stringify(found)).toBe(JSON.stringify(kept).replace(/"job":\{.*?\}/, '"job":null'));
    const { model } = await answered(after.ask)<{ model: { evaluation: unknown } }>(
      page('{ dataset: "rows", sample: 2 }'),
    );
    expect(model.evaluation).toMatchObject({ rowCount: 2, provenance: { cached: false } });
    await after.kill('SIGTERM');
  });
});
