import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { ExecutorInfo } from '../../../src/compute/executor.ts';
import { info, runtime } from '../../../src/compute/tfjs/runtime.ts';
import { ifNative } from './native.ts';

/** What a process says whose environment names a device. */
const infoWith = (device: string): ExecutorInfo =>
  JSON.parse(
    execFileSync(
      process.execPath,
      ['--eval', "import('./src/compute/tfjs/runtime.ts').then(({ info }) => console.log(JSON.stringify(info)))"],
      { env: { ...process.env, TFJS_DEVICE: device }, encoding: 'utf8' },
    ),
  );

describe('the device', () => {
  test('is the one that is said to compute', async () => {
    expect((await runtime(1)).getBackend()).toBe(info.device);
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
