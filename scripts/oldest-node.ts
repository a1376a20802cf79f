/**
 * Does the server run on the oldest Node that package.json promises? TypeScript's types are stripped, but its syntax is not
 * rewritten, so that what a newer Node takes may stop an older one. Starts the example on it, from the npm registry, and asks
 * a question that goes all the way.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const port = 4173;
const origin = `http://127.0.0.1:${port}`;
const startLimitMs = 120_000;
const query = `{
  model(name: "flights", version: "2") {
    evaluation(rows: { dataset: "flights", partitions: ["10"] }) { auc slices(by: "carrier", first: 1) { auc } }
    saliency(rows: { dataset: "flights", partitions: ["10"] }) { features(first: 1) { score } }
  }
}`;

const { engines } = JSON.parse(await readFile('package.json', 'utf8'));
const version = /\d+\.\d+\.\d+/.exec(engines.node)?.[0];
const folder = await mkdtemp(join(tmpdir(), 'glassgraph-'));
const name = `node-${process.platform}-${process.arch}`;
const install = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
execFileSync('npm', [...install, `${name}@${version}`], { stdio: ['ignore', 'ignore', 'inherit'] });

const server = spawn(join(folder, 'node_modules', name, 'bin', 'node'), ['src/main.ts', 'serve'], {
  env: {
    ...process.env,
    PORT: String(port),
    GLASSGRAPH_HOME: join(folder, 'home'),
    GLASSGRAPH_EXAMPLE: '1',
    LOG_LEVEL: 'error',
  },
  stdio: ['ignore', 'inherit', 'inherit'],
});
try {
  await ready();
  console.log(`Node ${version}: ${await ask()}`);
} finally {
  server.kill();
  await (server.exitCode ?? server.signalCode ?? once(server, 'exit'));
  await rm(folder, { recursive: true });
}

async function ready(): Promise<void> {
  const endMs = performance.now() + startLimitMs;
  while (
    !(await fetch(`${origin}/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (server.exitCode !== null) throw new Error(`the server does not start on Node ${version}`);
    if (performance.now() > endMs) throw new Error(`the server is not ready after ${startLimitMs} ms`);
    await sleep(100);
  }
}

async function ask(): Promise<string> {
  const response = await fetch(`${origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=120' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return JSON.stringify(data);
}
