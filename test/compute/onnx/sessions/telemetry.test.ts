import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const runtimeModule = join(import.meta.dirname, '../../../../src/compute/onnx/sessions/runtime.ts');
const model = join(import.meta.dirname, '../../../fixtures/attribution/conv.onnx');

test('onnxruntime leaves no identifier of the machine behind, which is what it sends with its telemetry', async () => {
  const home = await mkdtemp(join(tmpdir(), 'glassgraph-'));
  // Where continuous integration says that it is one, onnxruntime keeps still by itself.
  const env = { PATH: process.env.PATH, HOME: home };
  const script = `
    const { InferenceSession } = await (await import('${runtimeModule}')).runtime();
    await InferenceSession.create('${model}');
    setTimeout(() => process.exit(), 300);`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  expect(await readdir(home, { recursive: true })).toEqual([]);
  await rm(home, { recursive: true });
});
