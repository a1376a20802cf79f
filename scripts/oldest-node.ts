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
import { createInterface } from 'node:readline';

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
    PORT: '0',
    GLASSGRAPH_HOME: join(folder, 'home'),
    GLASSGRAPH_EXAMPLE: '1',
    LOG_LEVEL: 'info',
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
try {
  console.log(`Node ${version}: ${await ask(await endpoint())}`);
} finally {
  server.kill();
  await (server.exitCode ?? server.signalCode ?? once(server, 'exit'));
  await rm(folder, { recursive: true });
}

/** Where it listens, as its log says. */
async function endpoint(): Promise<string> {
  const limit = setTimeout(() => server.kill(), startLimitMs);
  for await (const line of createInterface({ input: server.stdout })) {
    const { url, err } = JSON.parse(line) as { url?: string; err?: unknown };
    if (err !== undefined) console.error(line);
    if (url === undefined) continue;
    clearTimeout(limit);
    server.stdout.resume();
    return url;
  }
  throw new Error(`the server does not start on Node ${version} within ${startLimitMs} ms`);
}

async function ask(url: string): Promise<string> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=120' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return JSON.stringify(data);
}
