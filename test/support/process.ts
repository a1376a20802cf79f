import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Ask, asker } from './ask.ts';
import type { DatabaseLocation } from './database.ts';

/** A process of its own, to be killed. */
export interface KillableProcess {
  readonly pid: number;
  /** Returns its exit code; null when a signal ended it. */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

export interface ServerProcess extends KillableProcess {
  readonly ask: Ask;
  /** Of the endpoint. */
  readonly url: string;
}

type Variables = Readonly<Record<string, string>>;

/** As an operator starts it, on a free port. */
export async function startProcess(
  location: DatabaseLocation,
  folder: string,
  variables: Variables = {},
): Promise<ServerProcess> {
  const child = spawned('serve', location, { PORT: '0', GLASSGRAPH_SOURCES: folder, ...variables });
  const url = (await said(child, 'url')) as string;
  return { ask: asker(url, [location.home, folder]), url, ...killable(child) };
}

/** A worker beside such servers. */
export async function startWorker(location: DatabaseLocation, variables: Variables = {}): Promise<KillableProcess> {
  const child = spawned('worker', location, variables);
  await said(child, 'workers');
  return killable(child);
}

/** `PROCESS_LOG=file` keeps what all of them log, for whoever looks for what went wrong. */
function spawned(command: string, { home, databaseUrl }: DatabaseLocation, variables: Variables): ChildProcess {
  const child = spawn(process.execPath, ['src/main.ts', command], {
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl ?? '',
      GLASSGRAPH_HOME: home,
      GLASSGRAPH_DB: undefined,
      GLASSGRAPH_EXAMPLE: undefined,
      LOG_LEVEL: 'info',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { PROCESS_LOG: log } = process.env;
  if (log !== undefined) child.stdout.pipe(createWriteStream(log, { flags: 'a' }));
  return child;
}

function killable(child: ChildProcess): KillableProcess {
  return {
    pid: child.pid as number,
    async kill(signal) {
      const exited = once(child, 'exit');
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}

/** The first value of this name in its log. */
async function said({ stdout }: ChildProcess, name: string): Promise<unknown> {
  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) {
    const { [name]: value } = JSON.parse(line) as Record<string, unknown>;
    if (value === undefined) continue;
    stdout?.resume();
    return value;
  }
  throw new Error(`the process ended before it said ${name}`);
}

/** Ids of the compute processes of a server, by what Linux tells in /proc. */
export async function computeProcesses(server: number): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(parent) === server && state !== 'Z' && command.includes('pass/main.ts') ? [Number(pid)] : [];
    }),
  );
  return found.flat();
}

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
