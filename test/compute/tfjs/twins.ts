import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { BatchInput, Executor, OpenModel } from '../../../src/compute/executor.ts';
import { onnxExecutor } from '../../../src/compute/onnx/executor.ts';
import type { Program } from '../../../src/compute/program.ts';
import type { Tensor } from '../../../src/compute/tensor.ts';
import { tfjsExecutor } from '../../../src/compute/tfjs/executor.ts';

/** One Keras net, exported both ways: test/fixtures/generate/keras_net.py. */
export const twinsFolder = join(import.meta.dirname, '../../fixtures/keras');

export interface Twins {
  readonly tfjs: OpenModel;
  readonly onnx: OpenModel;
}

/** Both exports, open until the file's tests have ended. */
export async function openTwins(): Promise<Twins> {
  const home = await mkdtemp(join(tmpdir(), 'glassgraph-twins-'));
  const opened = async (executor: Executor, path: string, root: string): Promise<OpenModel> =>
    executor.open((await executor.register({ path, root }, home)).artifact, { home, threads: 1 });
  const tfjs = await opened(tfjsExecutor, join(twinsFolder, 'tfjs'), join(twinsFolder, 'tfjs'));
  const onnx = await opened(onnxExecutor, join(twinsFolder, 'model.onnx'), twinsFolder);
  afterAll(async () => {
    await tfjs.close();
    await onnx.close();
    await rm(home, { recursive: true, force: true });
  });
  return { tfjs, onnx };
}

/** Compiles, runs once and closes. */
export async function evaluated(
  model: OpenModel,
  program: Program,
  batch: BatchInput,
  parameters: Record<string, Tensor> = {},
): Promise<Readonly<Record<string, Tensor>>> {
  const compiled = await model.compile(program);
  const outputs = await compiled.run(batch, parameters);
  await compiled.close();
  return outputs;
}

const features = [
  { name: 'city', kind: 'CATEGORICAL', column: 'city', input: 'city', index: 0 },
  { name: 'visits', kind: 'SEQUENCE', column: 'visits', input: 'visits', length: 4, padding: 0 },
  ...[0, 1, 2].map((index) => ({ name: `n${index}`, kind: 'NUMERIC', column: `n${index}`, input: 'numbers', index })),
];

/** How each is registered. */
export const keras = {
  tfjs: { model: 'tfjs/model.json', manifest: { score: { output: 'Identity' }, features } },
  saved: { model: 'saved', manifest: { score: { output: 'output_0', space: 'PROBABILITY' }, features } },
  onnx: { model: 'model.onnx', manifest: { score: { output: 'score' }, features } },
};
