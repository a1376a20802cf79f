import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PgBoss } from 'pg-boss';
import { pino } from 'pino';
import { startBoss } from '../../src/jobs/boss.ts';
import { Interest } from '../../src/jobs/interest.ts';
import { type PassSubmission, type Submitted, submitPass } from '../../src/jobs/queue.ts';
import { endAbandoned, requeueOrphans } from '../../src/jobs/recovery.ts';
import { Runner } from '../../src/jobs/runner.ts';
import { type Outcome, ResultWaiter } from '../../src/jobs/wait.ts';
import { JobWatch } from '../../src/jobs/watch.ts';
import type { PassQuestion } from '../../src/pass/protocol.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { insertDataset } from '../../src/store/datasets.ts';
import { insertModel } from '../../src/store/models.ts';
import type { DatabaseLocation } from '../support/database.ts';
import { newPool } from '../support/pool.ts';
import { newDataset, newModel } from '../support/rows.ts';
import type { Fate } from './pass.ts';

/** Everything of a server that passes need: a database, the queue, a runner with compute processes, someone who waits. */
export interface Server {
  readonly database: Database;
  readonly boss: PgBoss;
  readonly waiter: ResultWaiter;
  readonly watch: JobWatch;
  /** Submits a pass for a model and a dataset that are registered when they are missing. */
  submit(fates: Readonly<Record<string, Fate>>, readings?: readonly PassQuestion[]): Promise<Submitted>;
  wait(key: string, jobId: string | null, timeoutMs?: number): Promise<Outcome>;
  /** Keys that compute processes were asked for, in order, also those of earlier servers of this home. */
  runs(): Promise<string[]>;
  close(): Promise<void>;
}

export async function startServer(location: DatabaseLocation, { runs = true } = {}): Promise<Server> {
  const log = pino({ level: 'silent' });
  const database = await openDatabase(location);
  const boss = await startBoss(database, (error) => log.error(error));
  const interest = new Interest(database, boss);
  const waiter = await ResultWaiter.open(database, interest);
  const watch = await JobWatch.open(database);
  const pool = newPool(new URL('./pass.ts', import.meta.url), 3);
  const environment = { home: location.home, threads: 1 };
  const runner = new Runner({ database, boss, watch, pool, environment, concurrency: 2, log });
  if (database.engine.kind === 'pglite') await requeueOrphans(database, boss);
  await endAbandoned(database, boss);
  if (runs) await runner.start();
  const { id: modelId } = await insertModel(database.db, newModel('ctr', '1'));
  const { id: datasetId } = await insertDataset(database.db, newDataset('clicks', '1'));
  return {
    database,
    boss,
    waiter,
    watch,
    submit: (fates, readings = []) =>
      submitPass(database, boss, { ...submission(fates, readings), modelId, datasetId }),
    wait: (key, jobId, timeoutMs = 20_000) =>
      waiter.wait(key, { deadlineMs: performance.now() + timeoutMs, signal: new AbortController().signal }, jobId),
    async runs() {
      const lines = await readFile(join(location.home, 'runs'), 'utf8').catch(() => '');
      return lines.split('\n').filter((line) => line !== '');
    },
    async close() {
      interest.close();
      await watch.close();
      await waiter.close();
      await boss.stop({ graceful: false });
      await pool.close();
      await database.close();
    },
  };
}

function submission(
  fates: Readonly<Record<string, Fate>>,
  readings: readonly PassQuestion[],
): Omit<PassSubmission, 'modelId' | 'datasetId'> {
  const { artifact, graph, manifest } = newModel('ctr', '1');
  const { files, columns, rowCount, digest } = newDataset('clicks', '1');
  return {
    title: `${Object.keys(fates)} of ctr on clicks`,
    modelDigest: 'm',
    datasetDigest: 'd',
    engineVersion: '0.1.0',
    rowCount: 2,
    request: {
      model: { artifact, graph, manifest },
      dataset: { files, columns, rowCount, digest, label: null, groupBy: null, partitionBy: null },
      rows: { partitions: null, where: [], invalid: 'FAIL' },
      partitions: [],
      analyses: Object.entries(fates).map(([key, spec]) => ({ key, name: 'moments', spec, partKeys: [] })),
      readings,
    },
  };
}
