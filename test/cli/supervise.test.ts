import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { writeParquet } from '../data/parquet.ts';
import { type Ask, answered, asker } from '../support/ask.ts';
import { type DatabaseLocation, freshLocation } from '../support/database.ts';
import { freePort } from '../support/free-port.ts';
import { loopingId } from '../support/looping-id.ts';
import { computeProcesses, isAlive } from '../support/process.ts';
import { copyToy, denseManifest, registerDataset, registerModel } from '../support/toys.ts';

const blockedSeconds = 4;
const rowCount = 3_000_000;

let location: DatabaseLocation & AsyncDisposable;
let folder: string;
let supervisor: ChildProcess;
let ask: Ask;
/** What the server has logged, and its supervisor has said. */
const lines: string[] = [];
const logged = (): { msg: string; pid: number; operation?: string }[] =>
  lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
const listening = () => logged().filter(({ msg }) => msg === 'listening');

beforeAll(async () => {
  location = await freshLocation();
  folder = await realpath(await mkdtemp(join(tmpdir(), 'glassgraph-sources-')));
  await copyToy({ folder }, 'dense.onnx', 'dense.onnx');
  const select = 'SELECT 1.0 AS a, (range % 2)::DOUBLE AS b, 0.0 AS c, (range % 2)::TINYINT AS click';
  await writeParquet(join(folder, 'rows.parquet'), `${select} FROM range(${rowCount})`);
  const port = await freePort();
  supervisor = spawn(
    process.execPath,
    ['--import', './test/support/plant-loop.ts', 'src/main.ts', 'serve', '--restart'],
    {
      env: {
        ...process.env,
        PORT: String(port),
        DATABASE_URL: location.databaseUrl ?? '',
        GLASSGRAPH_HOME: location.home,
        GLASSGRAPH_SOURCES: folder,
        GLASSGRAPH_BLOCKED_SECONDS: String(blockedSeconds),
        GLASSGRAPH_DB: undefined,
        LOG_LEVEL: 'info',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  for (const stream of [supervisor.stdout, supervisor.stderr])
    stream?.on('data', (text: Buffer) => lines.push(...text.toString().split('\n').filter(Boolean)));
  ask = asker(`http://127.0.0.1:${port}/graphql`, [location.home, folder]);
  await vi.waitFor(() => expect(listening()).toHaveLength(1), { timeout: 60_000, interval: 50 });
  await registerModel(ask, { name: 'dense', uri: 'dense.onnx', manifest: denseManifest() });
  await registerDataset(ask, { name: 'rows', uri: 'rows.parquet', label: 'click' });
});
afterAll(async () => {
  supervisor.kill('SIGKILL');
  await location[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const evaluation = '{ model(name: "dense") { evaluation(rows: { dataset: "rows" }) { rowCount } } }';

describe.runIf(process.platform === 'linux')('a server that is started again', () => {
  test('ends when a request blocks it, says which, and answers what was under way after its restart', async () => {
    const { errors } = await ask(evaluation, {}, { prefer: 'wait=0' });
    const job = errors[0]?.extensions.job as string;
    expect(job).toEqual(expect.any(String));
    const startMs = performance.now();
    await expect(ask('query Blocking($id: ID!) { node(id: $id) { id } }', { id: loopingId })).rejects.toThrow();
    const noticedMs = performance.now() - startMs;
    expect(noticedMs).toBeGreaterThanOrEqual(1000 * (blockedSeconds - 1));
    const [last] = logged().filter(({ msg }) => msg.includes('blocked'));
    expect(last?.operation).toBe('query Blocking($id: ID!) { node(id: $id) { id } }');
    await vi.waitFor(() => expect(listening()).toHaveLength(2), { timeout: 30_000, interval: 50 });
    console.info(
      `noticed after ${noticedMs.toFixed(0)} ms, serving ${(performance.now() - startMs - noticedMs).toFixed(0)} ms later`,
    );
    expect(lines).toContain('glassgraph: ended by SIGKILL; started again');
    const answer = await answered(ask)(evaluation, {}, { prefer: 'wait=60' });
    expect(answer).toEqual({ model: { evaluation: { rowCount } } });
    expect(await answered(ask)('query ($id: ID!) { job(id: $id) { state } }', { id: job })).toEqual({
      job: { state: 'DONE' },
    });
  });

  test('ends with whoever started it, however that went', async () => {
    const { pid } = listening().at(-1) as { pid: number };
    const all = [pid, ...(await computeProcesses(pid))];
    supervisor.kill('SIGKILL');
    await vi.waitFor(() => expect(all.filter(isAlive)).toEqual([]), { timeout: 20_000, interval: 100 });
  });
});

test('a setting that is wrong ends it once and for all', async () => {
  const child = spawn(process.execPath, ['src/main.ts', 'serve', '--restart', '--port', 'x'], {
    env: { ...process.env, GLASSGRAPH_DB: undefined },
    stdio: 'pipe',
  });
  const said: string[] = [];
  child.stderr.on('data', (text: Buffer) => said.push(text.toString()));
  const [code] = await once(child, 'exit');
  expect(code).not.toBe(0);
  expect(said.join('')).toContain('PORT is “x”');
  expect(said.join('')).not.toContain('started again');
});
