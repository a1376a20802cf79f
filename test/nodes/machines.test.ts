import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asker } from '../support/ask.ts';
import { eventsOf } from '../support/events.ts';
import { eventually } from '../support/eventually.ts';
import { type Machine, machineWith, nodeBelow, pinnedNode } from './machine.ts';

const { engines } = JSON.parse(await readFile('package.json', 'utf8')) as { engines: { node: string } };
const ranges = engines.node.split('||').map((range) => range.trim());
/** The oldest Node of the first range, and what npm has as the newest of the last: `engines` speaks of those to come as well. */
const oldest = ranges[0]?.replace('^', '') as string;
const newest = ranges.at(-1) as string;

const installed = await pinnedNode();
const rows = 'rows: { dataset: "flights", partitions: ["10"] }';
const question = `{
  model(name: "flights", version: "2") {
    evaluation(${rows}) { auc slices(by: "carrier", first: 1) { auc } }
    saliency(${rows}) { features(first: 1) { score } }
  }
}`;
/** Of processes, requests, threads, and the signals between them. */
const representative = [
  ...[
    'test/any-signal.test.ts',
    'test/http/analyses/pending.test.ts',
    'test/compute/process',
    'test/compute/onnx/sessions/lanes.test.ts',
  ],
  ...['test/jobs', 'test/pass', 'test/server'],
];

describe.each([
  { range: '^18', runs: installed.version },
  { range: '^20', runs: installed.version },
  { range: oldest, runs: undefined },
  { range: newest, runs: undefined },
])('a machine whose Node is $range', { timeout: 300_000 }, ({ range, runs }) => {
  let machine: Machine;
  let server: ChildProcess;
  let url: string;
  beforeAll(async () => {
    machine = await machineWith(range);
    server = spawn('npm', ['start'], {
      cwd: machine.clone,
      env: { ...machine.env, PORT: '0', LOG_LEVEL: 'info' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    url = await listening(server);
  }, 300_000);
  afterAll(async () => {
    server.kill('SIGTERM');
    // npm ends before what it has started.
    await eventually(() => expect(fetch(url)).rejects.toThrow());
    await machine[Symbol.asyncDispose]();
  });

  test('starts the server, which answers and has a job followed to its end', async () => {
    const ask = asker(url, []);
    const pending = await ask(question, {}, { prefer: 'wait=0' });
    const id = pending.errors[0]?.extensions.job;
    const states: string[] = [];
    for await (const { data } of eventsOf<{ job: { state: string } }>(
      url,
      'subscription ($id: ID!) { job(id: $id) { state } }',
      { id },
    ))
      states.push(data.job.state);
    expect(states.at(-1)).toBe('DONE');
    const { data, errors } = await ask<{ model: unknown }>(question, {}, { prefer: 'wait=120' });
    expect(errors).toEqual([]);
    expect(data.model).toMatchObject({ evaluation: { auc: expect.closeTo(0.629, 3) } });
  });

  test('has the command line, from any folder', async () => {
    const elsewhere = join(machine.clone, '..', 'elsewhere');
    await mkdir(elsewhere);
    await writeFile(join(elsewhere, 'question.graphql'), '{ models { totalCount } }');
    const command = join(machine.clone, 'bin', 'glassgraph.mjs');
    const asked = ['query', '--file', 'question.graphql', '--url', url];
    const { stdout } = await machine.run('node', [command, ...asked], elsewhere);
    expect(JSON.parse(stdout)).toEqual({ models: { totalCount: 2 } });
  });

  test('has it by npx, in the folder of the project', async () => {
    const { stdout } = await machine.run('npx', ['glassgraph', 'query', '{ viewer { scopes } }', '--url', url]);
    expect(JSON.parse(stdout)).toMatchObject({ viewer: {} });
  });

  test.runIf(runs !== undefined)('has the pinned Node installed, in place of any other that was', async () => {
    const { name, version } = installed;
    const installedVersion = async () =>
      (await machine.run(nodeBelow(join(machine.clone, '.node'), name), ['--version'])).stdout.trim();
    expect(await installedVersion()).toBe(`v${version}`);
    await machine.run('npm', ['install', '--prefix', '.node', '--no-save', '--ignore-scripts', `${name}@${oldest}`]);
    expect(await installedVersion()).toBe(`v${oldest}`);
    const { stderr } = await machine.run('npx', ['glassgraph', '--version']);
    expect(stderr).toContain(`installing Node ${version}`);
    expect(await installedVersion()).toBe(`v${version}`);
  });

  test.runIf(runs === undefined)('runs the tests', { timeout: 900_000 }, async () => {
    const { stdout } = await machine.run('npm', ['test', '--', '--reporter=default', ...representative]);
    expect(stdout).toMatch(/Tests\s+\d+ passed/);
    expect(stdout).not.toMatch(/failed/);
  });
});

/** Where it listens, as its log says. */
async function listening({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) {
    // npm says a word of its own before.
    const { url, err } = (line.startsWith('{') ? JSON.parse(line) : {}) as { url?: string; err?: unknown };
    if (err !== undefined) console.error(line);
    if (url === undefined) continue;
    stdout?.resume();
    return url;
  }
  throw new Error('the server ended before it listened');
}
