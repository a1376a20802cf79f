import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { type Ask, asker } from './ask.ts';
import type { DatabaseLocation } from './database.ts';

/** A server in a process of its own, to be killed. */
export interface ServerProcess {
  readonly ask: Ask;
  readonly pid: number;
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

/** As an operator starts it, on a free port. */
export async function startProcess(
  { home, databaseUrl }: DatabaseLocation,
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: {
      ...process.env,
      PORT: '0',
      DATABASE_URL: databaseUrl ?? '',
      GLASSGRAPH_HOME: home,
      GLASSGRAPH_SOURCES: folder,
      GLASSGRAPH_DB: undefined,
      GLASSGRAPH_EXAMPLE: undefined,
      LOG_LEVEL: 'info',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await addressOf(child);
  return {
    ask: asker(url, [home, folder]),
    pid: child.pid as number,
    async kill(signal) {
      const exited = once(child, 'exit');
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await exited;
    },
  };
}

async function addressOf({ stdout }: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: stdout as NodeJS.ReadableStream })) {
    const { url } = JSON.parse(line) as { url?: string };
    if (url === undefined) continue;
    stdout?.resume();
    return url;
  }
  throw new Error('the server ended before it listened');
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
