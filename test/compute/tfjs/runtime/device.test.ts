import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { ExecutorInfo } from '../../../../src/compute/executor.ts';
import { info, runtime } from '../../../../src/compute/tfjs/runtime/runtime.ts';
import { ifNative } from '../native.ts';

/** What a process says whose environment names a device. */
const infoWith = (device: string): ExecutorInfo =>
  JSON.parse(
    execFileSync(
      process.execPath,
      [
        '--eval',
        "import('./src/compute/tfjs/runtime/runtime.ts').then(({ info }) => console.log(JSON.stringify(info)))",
      ],
      { env: { ...process.env, TFJS_DEVICE: device }, encoding: 'utf8' },
    ),
  );

describe('the device', () => {
  test('is the one that is said to compute', async () => {
    expect((await runtime(1)).getBackend()).toBe(info.device);
  });

  test('computes what it has no kernel for, and leaves nothing behind', async () => {
    const tf = await runtime(1);
    const { numTensors, numBytes } = tf.memory();
    tf.tidy(() => {
      const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      expect([...tf.einsum('ij,jk->ik', a, a).dataSync()]).toEqual([7, 10, 15, 22]);
      const ids = tf.tensor2d([0, 1, 1, 2], [2, 2], 'int32');
      expect([...tf.denseBincount(ids, tf.tensor2d([], [0, 0]), 3).dataSync()]).toEqual([1, 1, 0, 0, 1, 1]);
    });
    expect(tf.memory()).toMatchObject({ numTensors, numBytes });
    expect(tf.findBackend('cpu').numDataIds()).toBe(0);
  });

  test.each([
    ['wasm', 'Computes on one thread of WebAssembly.'],
    ['cpu', 'Computes in plain JavaScript, which is slow.'],
  ])('is %s where the environment says so, and the note says how to get a faster one', (device, note) => {
    expect(infoWith(device)).toMatchObject({
      version: '4.22.0',
      device,
      available: true,
      note: `${note} Native TensorFlow is several times as fast: run “npm run setup:tensorflow” on the server.`,
    });
  });

  ifNative('is native TensorFlow where that works, and nothing is faster', async () => {
    expect(infoWith('')).toMatchObject({ device: 'tensorflow', available: true, note: null });
    expect(infoWith('').version).toMatch(/^4\.22\.0, TensorFlow \d+\.\d+\.\d+$/);
  });
});
