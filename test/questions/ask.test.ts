import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBoss } from '../../src/jobs/boss.ts';
import { Interest } from '../../src/jobs/interest.ts';
import { Runner } from '../../src/jobs/runner.ts';
import { ResultWaiter } from '../../src/jobs/wait.ts';
import { JobWatch } from '../../src/jobs/watch.ts';
import { Planner } from '../../src/planner/planner.ts';
import type { RowsArgument } from '../../src/questions/ask.ts';
import { type Asking, beside } from '../../src/questions/asker.ts';
import { featureSaliencies, saliencyOf } from '../../src/questions/attributions/saliency.ts';
import { columnsOf, statisticsOf } from '../../src/questions/datasets.ts';
import { pooledZeroFraction } from '../../src/questions/layers/layer-figures.ts';
import { extremesOf, momentsOf } from '../../src/questions/layers/layers.ts';
import { responseOf } from '../../src/questions/responses.ts';
import { layersOf } from '../../src/questions/structure.ts';
import { registerDataset } from '../../src/registry/register-dataset.ts';
import { registerModel } from '../../src/registry/register-model.ts';
import { openDatabase } from '../../src/store/database.ts';
import type { DatasetRow } from '../../src/store/datasets.ts';
import { listJobs } from '../../src/store/jobs.ts';
import { Lookups } from '../../src/store/lookups.ts';
import type { ModelRow } from '../../src/store/models.ts';
import { writeParquet } from '../data/parquet.ts';
import { freshLocation } from '../support/database.ts';
import { newPool } from '../support/pool.ts';
import { denseManifest, denseRows, toysFolder } from '../support/toys.ts';

/** A database that takes its time to find a latest version: what hangs on it is asked long after what is asked beside it. */
class SlowLookups extends Lookups {
  override async dataset(name: Parameters<Lookups['dataset']>[0]) {
    await sleep(name.version == null ? 100 : 10);
    return super.dataset(name);
  }
}

/** Whoever asks without GraphQL: over a database, a queue and a compute process, as a review does. */
const closers: (() => unknown)[] = [];
const closing = (close: () => unknown) => closers.unshift(close);
const rows: RowsArgument = { dataset: 'clicks' };
let model: ModelRow;
let dataset: DatasetRow;
let asking: () => Asking;
let jobCount: () => Promise<number>;
beforeAll(async () => {
  const log = pino({ level: 'silent' });
  const location = await freshLocation();
  closing(() => location[Symbol.asyncDispose]());
  const database = await openDatabase(location);
  closing(() => database.close());
  const pool = newPool(new URL('../../src/pass/main.ts', import.meta.url), 1);
  closing(() => pool.close());
  const boss = await startBoss(database, (error) => log.error(error));
  closing(() => boss.stop({ graceful: false }));
  const interest = new Interest(database, boss);
  closing(() => interest.close());
  const waiter = await ResultWaiter.open(database, interest);
  closing(() => waiter.close());
  const watch = await JobWatch.open(database);
  closing(() => watch.close());
  const environment = { home: location.home, threads: 1 };
  await new Runner({ database, boss, watch, pool, environment, concurrency: 1, log }).start();
  const planner = new Planner({ database, boss, waiter, engineVersion: '0.1.0', jobReference: (id) => id });
  closing(() => planner.close());

  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-questions-'));
  await writeParquet(join(folder, 'clicks.parquet'), denseRows);
  const services = { database, pool, environment, sources: [toysFolder, folder] };
  const source = { uri: 'dense.onnx' };
  model = await registerModel(services, { name: 'dense', version: '1', source, manifest: denseManifest() });
  dataset = await registerDataset(services, {
    name: 'clicks',
    version: '1',
    source: { uri: 'clicks.parquet' },
    label: 'click',
  });
  asking = () => ({
    database,
    lookups: new SlowLookups(database.db),
    planner,
    scope: planner.scope({ patienceMs: 60_000, signal: new AbortController().signal }),
    home: location.home,
    datasets: new Map(),
    answers: new Map(),
  });
  jobCount = async () => (await listJobs(database.db, null, { limit: 0 })).totalCount;
});
afterAll(async () => {
  for (const close of closers) await close();
});

test('what is asked in a plain Promise.all shares a pass; asked again it is none', async () => {
  const [first] = layersOf(model);
  if (first === undefined) throw new Error('the net has no layer');
  const layer = { ...first, rows };
  const askAll = (whole: Asking) =>
    beside(whole, (asker) =>
      Promise.all([
        saliencyOf(asker, model, { rows }, { space: 'LOGIT' }),
        momentsOf(asker, layer),
        extremesOf(asker, layer),
      ]),
    );
  const whole = asking();
  const [saliency, moments, extremes] = await askAll(whole);
  expect(whole.scope.plans).toHaveLength(1);
  expect(await jobCount()).toBe(1);

  expect(moments.moments.observationCount).toBe(3);
  expect(pooledZeroFraction(extremes)).toBeGreaterThanOrEqual(0);
  const shares = featureSaliencies(saliency).map(({ share }) => share ?? Number.NaN);
  expect(shares).toEqual(shares.toSorted((a, b) => b - a));
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);

  const again = asking();
  const [kept] = await askAll(again);
  expect(again.scope.plans).toEqual([]);
  expect(kept.answer.provenance.cached).toBe(true);
  expect(featureSaliencies(kept)).toEqual(featureSaliencies(saliency));
  expect(await jobCount()).toBe(1);
});

test('questions that ask one after the other share their passes with those beside them', async () => {
  const before = await jobCount();
  const whole = asking();
  const [response, [a]] = await beside(whole, (asker) =>
    Promise.all([
      responseOf(asker, model, { feature: 'x0', rows, points: 3 }),
      Promise.all(columnsOf(dataset).map((column) => statisticsOf(asker, column))),
    ]),
  );
  expect(response.points.map(({ rowCount }) => rowCount)).toEqual(response.points.map(() => 3));
  expect(a).toMatchObject({ nullCount: 0, distinctCount: 2, minimum: 0, maximum: 1 });
  // The values to set and the figures of all columns by one pass over rows alone, then the answers of the model.
  expect(await jobCount()).toBe(before + 2);
});

test('what cannot be asked is refused as the API refuses it', async () => {
  const refused = beside(asking(), (asker) => responseOf(asker, model, { feature: 'x9', rows }));
  await expect(refused).rejects.toMatchObject({ code: 'BAD_USER_INPUT', details: { argument: 'feature' } });
});
