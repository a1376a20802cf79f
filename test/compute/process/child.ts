import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../../../src/compute/process/serve.ts';
import { listenTo } from '../../../src/compute/signs-of-life.ts';
import { bindingMismatch } from '../../../src/errors.ts';

/** A compute process whose methods do what can happen to one. */
serve({
  pid: async () => process.pid,
  echo: async (value) => value,
  count: async ({ to }: { to: number }, { progress, emit }) => {
    for (let at = 1; at <= to; at++) {
      progress({ rowsDone: at });
      emit(Uint8Array.of(at));
    }
    return to;
  },
  killed: () => end(() => process.kill(process.pid, 'SIGKILL')),
  aborted: () => end(() => process.abort()),
  exited: () => end(() => process.exit(3)),
  hang: () => new Promise(() => undefined),
  // As native code does: the process answers nobody.
  block: async (_nothing: null, { emit }) => {
    emit('blocking');
    await setImmediate();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
  // A thread of it does: this one goes on.
  loseThread: async (_nothing: null, { emit }) => {
    const lostMs = performance.now();
    listenTo(() => performance.now() - lostMs);
    emit('lost');
    await new Promise(() => undefined);
  },
  fill: async ({ bytes, ms }: { bytes: number; ms: number }) => {
    const filled = Buffer.alloc(bytes, 1);
    await sleep(ms);
    return filled[bytes - 1] === 1 ? 'filled' : 'empty';
  },
  sleep: async ({ ms }: { ms: number }) => {
    await sleep(ms);
    return 'awake';
  },
  scratch: async () => {
    await writeFile(join(tmpdir(), 'unfinished'), 'x');
    return tmpdir();
  },
  full: async () => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  },
  refuse: async () => {
    throw bindingMismatch('The column “late” is missing.', { column: 'late' });
  },
  fail: async () => {
    throw new TypeError('a secret of the server');
  },
  rejectLater: async () => {
    Promise.reject(new Error('nobody waits for this'));
    await new Promise(() => undefined);
  },
  unsendable: async () => () => undefined,
});

async function end(how: () => void): Promise<never> {
  how();
  return new Promise(() => undefined);
}
