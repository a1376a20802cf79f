import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { CallLimits } from '../../../src/compute/process/limits.ts';
import { ComputeProcessLost } from '../../../src/compute/process/lost.ts';
import type { ComputePool } from '../../../src/compute/process/pool.ts';
import { GlassgraphError, toErrorRecord } from '../../../src/errors.ts';
import { eventually } from '../../support/eventually.ts';
import { newPool } from '../../support/pool.ts';

const entry = new URL('./child.ts', import.meta.url);

function poolOf(size: number, limits?: Partial<CallLimits>): ComputePool {
  const pool = newPool(entry, size, limits);
  onTestFinished(() => pool.close());
  return pool;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('a compute process', () => {
  const pool = newPool(entry, 1);
  afterAll(() => pool.close());

  test('answers with typed arrays, dates and what else structured clones can hold', async () => {
    const value = { scores: Float32Array.of(0.5, Number.NaN), keys: new Map([['a', 1n]]), none: undefined };
    expect(await pool.run('echo', value)).toEqual(value);
  });

  test('hands over parts of the answer in order, and says how far it is', async () => {
    const emitted: number[] = [];
    const rowsDone: number[] = [];
    const answer = await pool.run(
      'count',
      { to: 100 },
      {
        onEmit: (value) => emitted.push((value as Uint8Array)[0] as number),
        onProgress: (value) => rowsDone.push((value as { rowsDone: number }).rowsDone),
      },
    );
    expect(answer).toBe(100);
    expect(emitted).toEqual(Array.from({ length: 100 }, (_, at) => at + 1));
    expect(rowsDone).toEqual(emitted);
  });

  test('passes on errors that are meant for clients', async () => {
    const error = await pool.run('refuse', null).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GlassgraphError);
    expect(error).toMatchObject({
      code: 'BINDING_MISMATCH',
      message: 'The column “late” is missing.',
      details: { column: 'late' },
    });
  });

  test('passes on a defect with its stack, which clients do not see', async () => {
    const error = await pool.run('fail', null).catch((caught: unknown) => caught);
    expect(String(error)).toMatch(/TypeError: a secret of the server\n\s+at/);
    expect(toErrorRecord(error)).toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    expect(JSON.stringify(toErrorRecord(error))).not.toContain('secret');
  });

  test('says so when an answer cannot be sent, or there is no such method', async () => {
    await expect(pool.run('unsendable', null)).rejects.toThrow('could not be cloned');
    await expect(pool.run('nothing', null)).rejects.toThrow('no method nothing');
    await expect(pool.run('echo', () => undefined)).rejects.toThrow('could not be cloned');
    expect(await pool.run('echo', 'still there')).toBe('still there');
  });
});

describe('a compute process that is lost', () => {
  test.each([
    ['killed', 'signal SIGKILL'],
    ['aborted', 'signal SIGABRT'],
    ['exited', 'exit code 3'],
    ['rejectLater', 'exit code 1'],
  ])('when %s, fails its call and is replaced', async (method, reason) => {
    const pool = poolOf(1);
    const before = await pool.run('pid', null);
    const error = await pool.run(method, null).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ComputeProcessLost);
    expect(String(error)).toContain(reason);
    expect(await pool.run('pid', null)).not.toBe(before);
  });

  test('while idle is replaced before anybody notices', async () => {
    const pool = poolOf(1);
    const pid = (await pool.run('pid', null)) as number;
    process.kill(pid, 'SIGKILL');
    await eventually(() => expect(isAlive(pid)).toBe(false));
    expect(await pool.run('echo', 'there')).toBe('there');
  });

  test('leaves the others alone', async () => {
    const pool = poolOf(2);
    const [lost, kept] = await Promise.allSettled([pool.run('killed', null), pool.run('count', { to: 50 })]);
    expect(lost).toMatchObject({ status: 'rejected', reason: expect.any(ComputeProcessLost) });
    expect(kept).toMatchObject({ status: 'fulfilled', value: 50 });
  });
});

describe('a pool', () => {
  test('runs as many calls at a time as it has processes', async () => {
    const pool = poolOf(2);
    const pids = await Promise.all([1, 2, 3, 4, 5].map(() => pool.run('pid', null)));
    expect(new Set(pids).size).toBe(2);
  });

  test('runs calls that wait in the order in which they came', async () => {
    const pool = poolOf(1);
    const ended: number[] = [];
    await Promise.all([5, 1, 3].map(async (to) => ended.push((await pool.run('count', { to })) as number)));
    expect(ended).toEqual([5, 1, 3]);
  });

  test('ends a call that is aborted, also in the middle of native code', async () => {
    const pool = poolOf(1);
    const abort = new AbortController();
    const running = pool.run('block', null, { signal: abort.signal, onEmit: () => abort.abort() });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(await pool.run('echo', 'there')).toBe('there');
  });

  test('does not begin a call that was aborted while it waited', async () => {
    const pool = poolOf(1);
    const first = pool.run('count', { to: 3 });
    await expect(pool.run('killed', null, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await first).toBe(3);
  });

  test('closes with its processes, whatever they do, and refuses calls', async () => {
    const pool = newPool(entry, 1);
    const pid = (await pool.run('pid', null)) as number;
    const calls = Promise.allSettled([pool.run('hang', null), pool.run('echo', 'waits')]);
    await pool.close();
    const [running, waiting] = await calls;
    expect(running).toMatchObject({ status: 'rejected', reason: expect.any(ComputeProcessLost) });
    expect(waiting).toMatchObject({ status: 'rejected', reason: new Error('the compute pool is closed') });
    await expect(pool.run('echo', 'late')).rejects.toThrow('closed');
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a call', () => {
  test('that takes too long is ended, saying so, and its process is replaced', async () => {
    const pool = poolOf(1, { seconds: 1 });
    await expect(pool.run('block', null)).rejects.toMatchObject({
      code: 'ANALYSIS_FAILED',
      message: expect.stringContaining('longer than 1 seconds, which is the most (GLASSGRAPH_PASS_SECONDS)'),
    });
    expect(await pool.run('echo', 'there')).toBe('there');
  });

  test.runIf(process.platform === 'linux')('that takes too much memory is ended, saying so', async () => {
    const pool = poolOf(1, { memoryBytes: 300 * 2 ** 20 });
    expect(await pool.run('fill', { bytes: 50 * 2 ** 20, ms: 600 })).toBe('filled');
    await expect(pool.run('fill', { bytes: 400 * 2 ** 20, ms: 5000 })).rejects.toMatchObject({
      code: 'ANALYSIS_FAILED',
      message: expect.stringContaining('more than 300 MiB of memory, which is the most (GLASSGRAPH_PASS_MEMORY)'),
    });
  });

  test('of a process that hangs in native code is lost, so that it is tried again', async () => {
    const pool = poolOf(1, { silentSeconds: 1 });
    const error = await pool.run('block', null).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ComputeProcessLost);
    expect(String(error)).toContain('silent for 1 s');
  });

  test('of a process that loses a thread is lost too', async () => {
    const pool = poolOf(1, { silentSeconds: 1 });
    const error = await pool.run('loseThread', null).catch((caught: unknown) => caught);
    expect(String(error)).toContain('silent for 1 s');
  });

  test('may be long and quiet: a process tells that it is alive', async () => {
    const pool = poolOf(1, { silentSeconds: 2 });
    expect(await pool.run('sleep', { ms: 4000 })).toBe('awake');
  });

  test('leaves no temporary file, however its process ends', async () => {
    const pool = poolOf(1);
    const folder = (await pool.run('scratch', null)) as string;
    expect(existsSync(folder)).toBe(true);
    await pool.run('killed', null).catch(() => undefined);
    await eventually(() => expect(existsSync(folder)).toBe(false));
  });

  test('that finds the disk full says so', async () => {
    await expect(poolOf(1).run('full', null)).rejects.toMatchObject({
      code: 'ANALYSIS_FAILED',
      message: expect.stringContaining('disk is full'),
    });
  });
});

test('a compute process goes when its server is killed', async () => {
  const server = fork(fileURLToPath(new URL('./owner.ts', import.meta.url)));
  const [pid] = (await once(server, 'message')) as [number];
  expect(isAlive(pid)).toBe(true);
  server.kill('SIGKILL');
  await eventually(() => expect(isAlive(pid)).toBe(false));
});
