// @module-tag slow
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { passQueue } from '../../src/jobs/boss.ts';
import { endAbandoned, requeueOrphans } from '../../src/jobs/recovery.ts';
import type { Target } from '../../src/planner/plan.ts';
import { Planner } from '../../src/planner/planner.ts';
import { insertDataset } from '../../src/store/datasets.ts';
import { getJob } from '../../src/store/jobs.ts';
import { insertModel } from '../../src/store/models.ts';
import { getClaims, getResults } from '../../src/store/results.ts';
import { question } from '../planner/questions.ts';
import { type DatabaseLocation, freshLocation } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { newDataset, newModel } from '../support/rows.ts';
import { type Server, startServer } from './server.ts';

const isPostgres = inject('postgresUrl') !== null;

/** A server killed with -9 in the middle of a pass whose first result is kept; returns the pass' job. */
async function killedServer({ home, databaseUrl }: DatabaseLocation): Promise<string> {
  const path = fileURLToPath(new URL('./victim.ts', import.meta.url));
  const victim = fork(path, databaseUrl === undefined ? [home] : [home, databaseUrl]);
  const [jobId] = (await once(victim, 'message')) as [string];
  const runs = () => readFile(join(home, 'runs'), 'utf8');
  await eventually(async () => expect(await runs()).toContain('second'));
  victim.kill('SIGKILL');
  await once(victim, 'exit');
  return jobId;
}

async function jobOf({ database }: Server, id: string | null) {
  return getJob(database.db, id ?? '');
}

test('a server that starts after one was killed in the middle of a pass finishes that pass, and what was not asked yet', {
  timeout: 60_000,
}, async () => {
  await using location = await freshLocation();
  const jobId = await killedServer(location);
  const server = await startServer(location);
  const startedMs = performance.now();
  expect(await server.wait('second', jobId, 40_000)).toEqual({ state: 'done' });
  // Embedded, nobody else can be running it; on a shared Postgres its heartbeat has to stop first.
  expect(performance.now() - startedMs).toBeLessThan(isPostgres ? 30_000 : 9_000);
  await eventually(async () => expect(await jobOf(server, jobId)).toMatchObject({ state: 'DONE', attempts: 2 }));
  expect(await server.runs()).toEqual(['first', 'second', 'second']);
  expect(await getResults(server.database.db, ['first', 'second'])).toHaveLength(2);

  const { database, boss, waiter } = server;
  const planner = new Planner({ database, boss, waiter, engineVersion: '0.1.0', jobReference: (id) => id });
  const rows = { partitions: null, where: [], invalid: 'FAIL' } as const;
  const model = await insertModel(database.db, newModel('ctr', '1'));
  const [train, test] = await Promise.all(
    ['clicks', 'later'].map(async (name) => {
      const dataset = await insertDataset(database.db, newDataset(name, '1'));
      return { model, dataset, rows };
    }),
  );
  const parts = ['first', 'second'].map((key) => question(key, train as Target));
  const whole = question('whole', test as Target, parts);
  const scope = planner.scope({ patienceMs: 40_000, signal: new AbortController().signal });
  expect((await planner.request(whole, scope)).value).toBe('first second whole');
  expect(await server.runs()).toEqual(['first', 'second', 'second', 'whole']);
  await planner.close();
  await server.close();
});

test('what one server leaves queued, under way or lost, the next runs or ends', { timeout: 60_000 }, async () => {
  await using location = await freshLocation();
  const queuing = await startServer(location, { runs: false });
  const queued = await queuing.submit({ queued: 'kept' });
  const lost = await queuing.submit({ lost: 'kept' });
  expect(await jobOf(queuing, queued.jobId)).toMatchObject({ state: 'QUEUED' });
  await queuing.boss.deleteJob(passQueue, lost.jobId ?? '');
  await queuing.close();

  const running = await startServer(location);
  expect(await running.wait('queued', queued.jobId)).toEqual({ state: 'done' });
  expect(await running.wait('lost', lost.jobId)).toMatchObject({ state: 'failed' });
  expect(await jobOf(running, lost.jobId)).toMatchObject({ state: 'FAILED', error: { code: 'ANALYSIS_FAILED' } });
  expect(await getClaims(running.database.db, ['lost'])).toEqual([]);
  const stopped = await running.submit({ stopped: 'hangs once' });
  await eventually(async () => expect(await running.runs()).toContain('stopped'));
  await running.close();

  const last = await startServer(location);
  expect(await last.wait('stopped', stopped.jobId)).toEqual({ state: 'done' });
  await eventually(async () => expect(await jobOf(last, stopped.jobId)).toMatchObject({ state: 'DONE', attempts: 2 }));
  await last.close();
});

test('what was queued before the clock was put back does not wait for that time', async () => {
  await using location = await freshLocation();
  const server = await startServer(location, { runs: false });
  const { database, boss } = server;
  const { jobId } = await server.submit({ a: 'kept' });
  await boss.update(passQueue, undefined, { id: jobId ?? '', startAfter: 7200 });
  expect(await boss.fetch(passQueue)).toEqual([]);
  await endAbandoned(database, boss);
  expect(await boss.fetch(passQueue)).toMatchObject([{ id: jobId }]);
  await server.close();
});

test('a pass that takes the server down each time is given up', async () => {
  await using location = await freshLocation();
  const server = await startServer(location, { runs: false });
  const { database, boss } = server;
  const { jobId } = await server.submit({ a: 'kept' });
  for (const state of ['QUEUED', 'QUEUED', 'FAILED']) {
    await eventually(async () => expect(await boss.fetch(passQueue)).toHaveLength(1));
    await requeueOrphans(database, boss);
    await endAbandoned(database, boss);
    expect(await jobOf(server, jobId)).toMatchObject({ state });
  }
  expect(await getClaims(database.db, ['a'])).toEqual([]);
  await server.close();
});
