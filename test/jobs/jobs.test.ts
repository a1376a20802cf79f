import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeResult } from '../../src/analysis/codec.ts';
import { getJob, listJobs } from '../../src/store/jobs.ts';
import { getClaims, getResults } from '../../src/store/results.ts';
import { type DatabaseLocation, freshLocation } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { type Server, startServer } from './server.ts';

let location: DatabaseLocation & AsyncDisposable;
let server: Server;
beforeAll(async () => {
  location = await freshLocation();
  server = await startServer(location);
});
afterAll(async () => {
  await server.close();
  await location[Symbol.asyncDispose]();
});

const jobOf = (id: string | null) => getJob(server.database.db, id ?? '');
const textOf = async (key: string): Promise<string> => {
  const [row] = await getResults(server.database.db, [key]);
  return decodeResult(row?.value ?? new Uint8Array()) as string;
};
const timesRun = async (key: string): Promise<number> => (await server.runs()).filter((run) => run === key).length;
const reading = (key: string, partKey: string) => ({ key, partKeys: [partKey], name: 'evaluation', spec: null });

describe('a pass', () => {
  test('is run, keeps every result, and is done', async () => {
    const { jobId, deferred } = await server.submit({ a1: 'kept', a2: 'kept' });
    expect(deferred).toEqual([]);
    expect(await Promise.all(['a1', 'a2'].map((key) => server.wait(key, jobId)))).toEqual([
      { state: 'done' },
      { state: 'done' },
    ]);
    expect(await textOf('a2')).toBe('a2');
    await eventually(async () =>
      expect(await jobOf(jobId)).toMatchObject({ state: 'DONE', attempts: 1, rowsDone: 2, rowsTotal: 2, error: null }),
    );
  });

  // Whoever polls would need longer than the wait: three workers, a poll each two seconds.
  const many = 40;

  test('begins when it is asked for, not at the next poll', async () => {
    const endMs = performance.now() + 20_000;
    for (let at = 0; at < many / 2; at++) {
      const { jobId } = await server.submit({ [`one by one ${at}`]: 'kept' });
      expect(await server.wait(`one by one ${at}`, jobId, endMs - performance.now())).toEqual({ state: 'done' });
    }
  });

  test('follows the one before it, not the next poll', async () => {
    const keys = Array.from({ length: many }, (_, at) => `in a row ${at}`);
    const submitted = await Promise.all(keys.map((key) => server.submit({ [key]: 'kept' })));
    const outcomes = await Promise.all(keys.map((key, at) => server.wait(key, submitted[at]?.jobId ?? null)));
    expect(outcomes).toEqual(keys.map(() => ({ state: 'done' })));
  });

  test('leaves out what another pass computes, and is none when nothing is left', async () => {
    const first = await server.submit({ b1: 'kept' });
    const second = await server.submit({ b1: 'kept', b2: 'kept' });
    await Promise.all([server.wait('b1', first.jobId), server.wait('b2', second.jobId)]);
    expect(await server.submit({ b1: 'kept', b2: 'kept' })).toEqual({ jobId: null, deferred: [] });
    expect(await timesRun('b1')).toBe(1);
    expect(await timesRun('b2')).toBe(1);
  });

  test('is one, however many ask at once', async () => {
    const before = (await listJobs(server.database.db, null, { limit: 0 })).totalCount;
    const submitted = await Promise.all(Array.from({ length: 10 }, () => server.submit({ c1: 'kept', c2: 'kept' })));
    const jobIds = submitted.map(({ jobId }) => jobId).filter((id) => id !== null);
    expect(jobIds).toHaveLength(1);
    const outcomes = await Promise.all(submitted.map(({ jobId }) => server.wait('c2', jobId)));
    expect(new Set(outcomes.map(({ state }) => state))).toEqual(new Set(['done']));
    expect(await timesRun('c1')).toBe(1);
    expect((await listJobs(server.database.db, null, { limit: 0 })).totalCount).toBe(before + 1);
  });
});

describe('readings', () => {
  test('are read off a part of the same pass, or one that is kept', async () => {
    const first = await server.submit({ d: 'kept' }, [reading('d auc', 'd')]);
    await server.wait('d auc', first.jobId);
    const second = await server.submit({ d: 'kept' }, [reading('d auc', 'd'), reading('d curve', 'd')]);
    await server.wait('d curve', second.jobId);
    expect([await textOf('d auc'), await textOf('d curve')]).toEqual(['d d auc', 'd d curve']);
    expect(await timesRun('d')).toBe(1);
  });
});

describe('a pass whose compute process dies', () => {
  test('is tried again, without what it has kept', async () => {
    const { jobId } = await server.submit({ f1: 'kept', f2: 'dies once' }, [reading('f1 auc', 'f1')]);
    expect(await server.wait('f1 auc', jobId)).toEqual({ state: 'done' });
    await eventually(async () => expect(await jobOf(jobId)).toMatchObject({ state: 'DONE', attempts: 2 }));
    expect(await timesRun('f2')).toBe(2);
    expect([await textOf('f1'), await textOf('f1 auc'), await textOf('f2')]).toEqual(['f1', 'f1 f1 auc', 'f2']);
  });

  test('fails after three attempts, saying so', async () => {
    const { jobId } = await server.submit({ g: 'dies' });
    const error = {
      code: 'ANALYSIS_FAILED',
      message: expect.stringContaining('The compute process died 3 times'),
      details: { attempts: 3 },
    };
    expect(await server.wait('g', jobId)).toEqual({ state: 'failed', error });
    expect(await jobOf(jobId)).toMatchObject({ state: 'FAILED', attempts: 3, error });
    expect(await timesRun('g')).toBe(3);
  });
});

describe('a pass that fails', () => {
  test('is not tried again, keeps what it has computed, and gives up the rest', async () => {
    const { jobId } = await server.submit({ h1: 'kept', h2: 'refused', h3: 'kept' });
    const error = { code: 'BINDING_MISMATCH', message: 'The column “late” is missing.', details: { column: 'late' } };
    const outcomes = await Promise.all(['h1', 'h2', 'h3'].map((key) => server.wait(key, jobId)));
    expect(outcomes).toEqual([{ state: 'done' }, { state: 'failed', error }, { state: 'failed', error }]);
    expect(await jobOf(jobId)).toMatchObject({ state: 'FAILED', attempts: 1, error });
    expect(await getClaims(server.database.db, ['h1', 'h2', 'h3'])).toEqual([{ key: 'h1', jobId, isDone: true }]);
    expect(await timesRun('h2')).toBe(1);
  });

  test('is run again for who asks again', async () => {
    const failed = await server.submit({ i: 'refused' });
    await server.wait('i', failed.jobId);
    const again = await server.submit({ i: 'kept' });
    expect(await server.wait('i', again.jobId)).toEqual({ state: 'done' });
  });

  test.each(['fails', 'forgotten'] as const)('by a defect, because it %s, shows nothing of it', async (fate) => {
    const { jobId } = await server.submit({ [fate]: fate });
    expect(await server.wait(fate, jobId)).toEqual({
      state: 'failed',
      error: { code: 'INTERNAL_SERVER_ERROR', message: expect.not.stringContaining('secret'), details: {} },
    });
  });
});

describe('waiting', () => {
  let jobId: string | null;
  beforeAll(async () => {
    ({ jobId } = await server.submit({ j: 'hangs' }));
  });

  test('ends with the job that is at it when time runs out or the request is aborted', async () => {
    expect(await server.wait('j', jobId, 100)).toEqual({ state: 'pending', jobId });
    expect(await server.wait('j', null, 0)).toEqual({ state: 'pending', jobId });
    const aborted = { deadlineMs: performance.now() + 20_000, signal: AbortSignal.timeout(50) };
    expect(await server.waiter.wait('j', aborted, jobId)).toEqual({ state: 'pending', jobId });
  });

  test('comes first for a reading of a part that another pass is computing', async () => {
    expect(await server.submit({}, [reading('j auc', 'j')])).toEqual({ jobId: null, deferred: ['j auc'] });
  });

  test('for what nobody computes ends at once', async () => {
    expect(await server.wait('never asked', null)).toEqual({ state: 'released' });
  });
});
