import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../test/support/free-port.ts';

/** A process that goes when it is no longer used. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
}

/** One that does not share a thread with those who ask it. */
export interface ServerProcess extends Running {
  /** Of the endpoint. */
  readonly url: string;
  /** The data of an answer; throws when there are errors. */
  ask(query: string): Promise<unknown>;
}

/** Our server in a home of its own; it reads sources from `folder`. */
export const serverOn = (folder: string, home: string, example: boolean): Promise<ServerProcess> =>
  started(['src/main.ts', 'serve'], {
    GLASSGRAPH_HOME: home,
    GLASSGRAPH_SOURCES: folder,
    GLASSGRAPH_EXAMPLE: example ? '1' : '0',
    LOG_LEVEL: 'error',
  });

/** A module of this project that listens on PORT and answers GET /health. */
export async function started(command: readonly string[], variables: Record<string, string>): Promise<ServerProcess> {
  const port = await freePort();
  const { DATABASE_URL: _, ...environment } = process.env;
  const child = spawn(process.execPath, command, {
    env: { ...environment, NODE_ENV: 'production', ...variables, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const origin = `http://127.0.0.1:${port}`;
  while (!(await isUp(origin))) {
    if (child.exitCode !== null) throw new Error(`${command.join(' ')} ended with ${child.exitCode}`);
    await sleep(10);
  }
  const url = `${origin}/graphql`;
  const pid = child.pid as number;
  return { url, pid, ask: (query) => ask(url, query), [Symbol.asyncDispose]: () => stopped(child) };
}

/** A worker; it takes up work as soon as it has started. */
export async function working(variables: Record<string, string>): Promise<Running> {
  const child = spawn(process.execPath, ['src/main.ts', 'worker'], {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return { pid: child.pid as number, [Symbol.asyncDispose]: () => stopped(child) };
}

async function ask(url: string, query: string): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=600' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

const isUp = (origin: string): Promise<boolean> =>
  fetch(`${origin}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

async function stopped(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
