// @module-tag slow
// @module-tag any-database
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { decodeId } from '../../../src/graph/builder/ids.ts';
import { openDatabase } from '../../../src/store/database.ts';
import { getJob } from '../../../src/store/jobs.ts';
import { writeParquet } from '../../data/parquet.ts';
import { answered } from '../../support/ask.ts';
import { eventsOf } from '../../support/events.ts';
import { eventually } from '../../support/eventually.ts';
import { newPostgres, type PostgresServer } from '../../support/postgres-server.ts';
import {
  computeProcesses,
  type KillableProcess,
  type ServerProcess,
  startProcess,
  startWorker,
} from '../../support/process.ts';
import { expectRefused } from '../../support/refusals.ts';
import { copyToy, denseManifest, registerDataset, registerModel } from '../../support/toys.ts';

const rowCount = 3_000_000;

// Has a Postgres of its own to restart: once is enough.
describe.runIf(process.platform === 'linux' && inject('postgresUrl') === null)(
  'two servers and two workers on one Postgres',
  { timeout: 120_000 },
  () => {
    let postgres: PostgresServer;
    let home: string;
    let folder: string;
    let servers: ServerProcess[];
    let workers: KillableProcess[];
    const location = () => ({ home, databaseUrl: postgres.url });
    beforeAll(async () => {
      postgres = await newPostgres({ isDurable: true });
      home = await mkdtemp(join(tmpdir(), 'glassgraph-home-'));
      folder = await realpath(await mkdtemp(join(tmpdir(), 'glassgraph-sources-')));
      await copyToy({ folder }, 'dense.onnx', 'dense.onnx');
      const select = 'SELECT 1.0 AS a, (range % 2)::DOUBLE AS b, 0.0 AS c, (range % 2)::TINYINT AS click';
      await writeParquet(join(folder, 'rows.parquet'), `${select} FROM range(${rowCount})`);
      // At once, on an empty database: one of them migrates, the others wait for it.
      const asks = { GLASSGRAPH_WORKERS: '0' };
      const runs = { GLASSGRAPH_THREADS: '1' };
      const [first, second, ...both] = await Promise.all([
        startProcess(location(), folder, asks),
        startProcess(location(), folder, asks),
        startWorker(location(), runs),
        startWorker(location(), runs),
      ]);
      servers = [first, second];
      workers = both;
      await registerModel(first.ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
      await registerDataset(first.ask, { name: 'rows', uri: 'rows.parquet', label: 'click' });
    });
    afterAll(async () => {
      await Promise.all([...servers, ...workers].map((one) => one.kill('SIGTERM')));
      await postgres.remove();
      await rm(home, { recursive: true, force: true });
      await rm(folder, { recursive: true, force: true });
    });

    let asked = 0;
    const question = (): string =>
      `{ model(name: "dense") { evaluation(rows: { dataset: "rows", where: [{ column: "a", op: LT, value: ${++asked + 1} }] }) { rowCount } } }`;
    const answer = { model: { evaluation: { rowCount } } };
    const first = () => servers[0] as ServerProcess;
    const second = () => servers[1] as ServerProcess;
    const jobCount = async (): Promise<number> =>
      (await answered(first().ask)<{ jobs: { totalCount: number } }>('{ jobs { totalCount } }')).jobs.totalCount;
    const pending = async (document: string): Promise<string> => {
      const { errors } = await first().ask(document, {}, { prefer: 'wait=0' });
      return errors[0]?.extensions.job as string;
    };
    const reaches = (id: string, state: string): Promise<void> =>
      eventually(async () => {
        const { job } = await answered(second().ask)<{ job: { state: string } }>(
          'query ($id: ID!) { job(id: $id) { state } }',
          { id },
        );
        expect(job.state).toBe(state);
      });

    /** Until a server has written that somebody waits for the job there. */
    const isAwaited = async (id: string): Promise<void> => {
      const database = await openDatabase(location());
      const waiting = async () => (await getJob(database.db, decodeId(id).id))?.waiting;
      await eventually(async () => expect(await waiting()).toHaveLength(1));
      await database.close();
    };

    test('compute what many ask at both of them once', async () => {
      const before = await jobCount();
      const document = question();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, at) =>
          answered((servers[at % 2] as ServerProcess).ask)(document, {}, { prefer: 'wait=60' }),
        ),
      );
      expect(answers).toEqual(answers.map(() => answer));
      expect(await jobCount()).toBe(before + 1);
    });

    test('cancel for whoever waits at the other', async () => {
      const document = question();
      const id = await pending(document);
      const waiting = second().ask(document);
      await reaches(id, 'RUNNING');
      // A question that arrived after the end of the job would have it computed anew.
      await isAwaited(id);
      await answered(second().ask)('mutation ($id: ID!) { cancelJob(input: { id: $id }) { job { id } } }', { id });
      expectRefused(await waiting, ['CANCELLED', /was cancelled/]);
      for (const { pid } of workers)
        await eventually(async () => expect((await computeProcesses(pid)).length).toBeLessThan(2));
    });

    test('finish a pass whose worker is killed', async () => {
      const document = question();
      const id = await pending(document);
      const waiting = answered(first().ask)(document, {}, { prefer: 'wait=100' });
      await reaches(id, 'RUNNING');
      const before = await Promise.all(workers.map(({ pid }) => ticks(pid)));
      const running = await eventually(async () => {
        const after = await Promise.all(workers.map(({ pid }) => ticks(pid)));
        const busy = workers.find((_, at) => (after[at] as number) - (before[at] as number) > 20);
        expect(busy).toBeDefined();
        return busy as KillableProcess;
      });
      await running.kill('SIGKILL');
      expect(await waiting).toEqual(answer);
      workers = [...workers.filter((one) => one !== running), await startWorker(location())];
    });

    test('go on when their database was away, answering or saying so meanwhile', async () => {
      const document = question();
      const id = await pending(document);
      await reaches(id, 'RUNNING');
      const waiting = answered(first().ask)(document, {}, { prefer: 'wait=100' });
      const followed = eventsOf<{ job: { state: string; rowsDone: number } }>(
        second().url,
        'subscription ($id: ID!) { job(id: $id) { state rowsDone } }',
        { id },
      );
      expect((await followed.next()).value?.data.job.state).toBe('RUNNING');
      await isAwaited(id);
      await postgres.stop();
      const ready = () => fetch(new URL('/ready', first().url));
      expect([(await ready()).status, (await fetch(new URL('/health', first().url))).status]).toEqual([503, 200]);
      const away = { code: 'SERVICE_UNAVAILABLE', retryAfterMs: expect.any(Number) };
      const { errors } = await second().ask(question());
      expect(errors[0]).toMatchObject({ extensions: away, message: /database cannot be reached/ });
      // Of what has no data at all the status says it too, where the media type lets it.
      const nothing = (accept: string) =>
        fetch(second().url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept },
          body: JSON.stringify({ query: '{ models { totalCount } }' }),
        });
      const refused = await nothing('application/graphql-response+json');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
      expect(await refused.json()).toMatchObject({ data: null, errors: [{ extensions: away }] });
      expect((await nothing('application/json')).status).toBe(200);
      // Its last rows are read meanwhile.
      const busy = async (): Promise<number> => sum(await Promise.all(workers.map(({ pid }) => ticks(pid))));
      await eventually(async () => {
        const before = await busy();
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect((await busy()) - before).toBeLessThan(3);
      });
      await postgres.start();
      expect(await waiting).toEqual(answer);
      await eventually(async () => expect((await ready()).status).toBe(200));
      expect(await answered(second().ask)(question(), {}, { prefer: 'wait=60' })).toEqual(answer);
      let last: unknown;
      for await (const { data } of followed) last = data.job;
      expect(last).toEqual({ state: 'DONE', rowsDone: rowCount });
    });
  },
);

/** Ticks of the processor that a worker's compute processes have taken so far. */
async function ticks(worker: number): Promise<number> {
  const taken = (await computeProcesses(worker)).map(async (pid) => {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return user + system;
  });
  return sum(await Promise.all(taken));
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0);
