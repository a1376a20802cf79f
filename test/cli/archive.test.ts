// @module-tag slow
// @module-tag any-database
import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { answered } from '../support/ask.ts';
import { type DatabaseLocation, freshLocation } from '../support/database.ts';
import { newPostgres, type PostgresServer } from '../support/postgres-server.ts';
import { startProcess } from '../support/process.ts';
import { copyToy, denseManifest, registerDataset, registerModel } from '../support/toys.ts';

type Location = DatabaseLocation & AsyncDisposable;

let folder: string;
let postgres: PostgresServer | undefined;
let [old, shared, fresh] = [] as unknown as [Location, Location, Location];
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'glassgraph-sources-')));
  const given = inject('postgresUrl');
  if (given === null) postgres = await newPostgres({ isDurable: false });
  [old, shared, fresh] = [
    await freshLocation(null),
    await freshLocation(given ?? postgres?.url),
    await freshLocation(null),
  ];
});
afterAll(async () => {
  await Promise.all([old, shared, fresh].map((location) => location[Symbol.asyncDispose]()));
  await postgres?.remove();
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

const byGroup = '{ model(name: "dense", version: "10") { evaluation(rows: { dataset: "rows" }) { gauc(by: "a") } } }';
const sampled = page('{ dataset: "rows", sample: 2 }');

describe('what outlives an upgrade', { timeout: 180_000 }, () => {
  test('goes from one home to Postgres and from there to another home, and nothing has to be computed again', async () => {
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
    const kept = await answered(before.ask)<{ model: { id: string } }>(page());
    await before.kill('SIGTERM');
    await rm(join(folder, 'rows.csv'));
    // Jobs are history, and stay behind.
    const expected = JSON.parse(JSON.stringify(kept).replace(/"job":\{.*?\}/, '"job":null'));

    const told = /^3 models, 1 aliases, 1 datasets, [1-9]\d* results\n$/;
    for (const [from, to] of [
      [old, shared],
      [shared, fresh],
    ] as const) {
      const archive = await mkdtemp(join(folder, 'archive-'));
      expect(await run('export', archive, from)).toEqual({ code: 0, out: expect.stringMatching(told), said: '' });
      await rm(from.home, { recursive: true });
      expect(await run('import', archive, to)).toEqual({ code: 0, out: expect.stringMatching(told), said: '' });
      const again = await run('import', archive, to);
      expect([again.code, again.said]).toEqual([
        2,
        expect.stringMatching(/^glassgraph: There are models here already/),
      ]);
      const after = await startProcess(to, folder);
      expect(await answered(after.ask)(page())).toEqual(expected);
      const { id } = kept.model;
      expect(await answered(after.ask)('query ($id: ID!) { node(id: $id) { id } }', { id })).toEqual({ node: { id } });
      if (to === shared) {
        const again = await run('import', archive, to);
        expect([again.code, again.said]).toEqual([2, expect.stringMatching(/^glassgraph: There are models here alr/)]);
      } else {
        // From the scores that are kept, and from the model and the rows themselves.
        const reading = await after.ask(byGroup, {}, { 'x-glassgraph-plan': '1' });
        expect(reading.extensions.plan.passes).toMatchObject([{ analyses: [], readings: [{ name: 'gauc' }] }]);
        const { model } = await answered(after.ask)<{ model: { evaluation: unknown } }>(sampled);
        expect(model.evaluation).toMatchObject({ rowCount: 2, provenance: { cached: false } });
      }
      await after.kill('SIGTERM');
    }
  });
});
