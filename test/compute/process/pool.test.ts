import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ComputePool } from '../../../src/compute/process/pool.ts';
import { ComputeProcessLost } from '../../../src/compute/process/process.ts';
import { GlassgraphError, toErrorRecord } from '../../../src/errors.ts';

const entry = new URL('./child.ts', import.meta.url);

function newPool(size: number): ComputePool {
  const pool = new ComputePool({ entry, size });
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
  const pool = new ComputePool({ entry, size: 1 });
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
    const pool = newPool(1);
    const before = await pool.run('pid', null);
    const error = await pool.run(method, null).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ComputeProcessLost);
    expect(String(error)).toContain(reason);
    expect(await pool.run('pid', null)).not.toBe(before);
  });

  test('while idle is replaced before anybody notices', async () => {
    const pool = newPool(1);
    const pid = (await pool.run('pid', null)) as number;
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
    expect(await pool.run('echo', 'there')).toBe('there');
  });

  test('leaves the others alone', async () => {
    const pool = newPool(2);
    const [lost, kept] = await Promise.allSettled([pool.run('killed', null), pool.run('count', { to: 50 })]);
    expect(lost).toMatchObject({ status: 'rejected', reason: expect.any(ComputeProcessLost) });
    expect(kept).toMatchObject({ status: 'fulfilled', value: 50 });
  });
});

describe('a pool', () => {
  test('runs as many calls at a time as it has processes', async () => {
    const pool = newPool(2);
    const pids = await Promise.all([1, 2, 3, 4, 5].map(() => pool.run('pid', null)));
    expect(new Set(pids).size).toBe(2);
  });

  test('runs calls that wait in the order in which they came', async () => {
    const pool = newPool(1);
    const ended: number[] = [];
    await Promise.all([5, 1, 3].map(async (to) => ended.push((await pool.run('count', { to })) as number)));
    expect(ended).toEqual([5, 1, 3]);
  });

  test('ends a call that is aborted, also in the middle of native code', async () => {
    const pool = newPool(1);
    const abort = new AbortController();
    const running = pool.run('block', null, { signal: abort.signal, onEmit: () => abort.abort() });
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    expect(await pool.run('echo', 'there')).toBe('there');
  });

  test('does not begin a call that was aborted while it waited', async () => {
    const pool = newPool(1);
    const first = pool.run('count', { to: 3 });
    await expect(pool.run('killed', null, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(await first).toBe(3);
  });

  test('closes with its processes, whatever they do, and refuses calls', async () => {
    const pool = new ComputePool({ entry, size: 1 });
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

test('a compute process goes when its server is killed', async () => {
  const server = fork(fileURLToPath(new URL('./owner.ts', import.meta.url)));
  const [pid] = (await once(server, 'message')) as [number];
  expect(isAlive(pid)).toBe(true);
  server.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 5000 });
});
