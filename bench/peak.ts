/** Passes that are measured in a process of their own, each of which does one thing and ends. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What one process took. */
export interface Measured {
  readonly peakBytes: number;
  readonly durationMs: number;
}

/** Runs a script of this folder, and reads the JSON that it prints. */
export async function printedBy<Printed>(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Printed> {
  const path = join(import.meta.dirname, script);
  const { stdout } = await promisify(execFile)(process.execPath, [path, ...args], { env });
  return JSON.parse(stdout);
}

/** In such a process: how long this took, and its peak of memory so far, whatever came before included. */
export async function measured<Result>(act: () => Promise<Result>): Promise<Measured & { readonly result: Result }> {
  const startMs = performance.now();
  const result = await act();
  const durationMs = performance.now() - startMs;
  return { peakBytes: await statusBytes('VmHWM'), durationMs, result };
}

/** A line of what Linux tells of a process, this one when none is named. */
export const statusBytes = async (name: string, pid: number | 'self' = 'self'): Promise<number> =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
