import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { unsupportedByExecutor } from '../errors.ts';
import type { Executor, ExecutorName, ModelSource } from './executor.ts';
import { assertKnownFormat } from './files/foreign.ts';

/** The backends of this build. Loaded when they are first asked for: native code stays out of processes that only plan. */
const loaders: Partial<Record<ExecutorName, () => Promise<Executor>>> = {
  ONNXRUNTIME: async () => (await import('./onnx/executor.ts')).onnxExecutor,
  TFJS: async () => (await import('./tfjs/executor.ts')).tfjsExecutor,
};

export async function executorNamed(name: ExecutorName): Promise<Executor> {
  const load = loaders[name];
  if (load === undefined) throw unsupportedByExecutor(`This server has no executor ${name}.`, { executor: name });
  return load();
}

/**
 * The one that takes a model's files: TensorFlow's are called model.json or saved_model.pb, also in a folder. Throws MODEL_REJECTED
 * where there is no such file.
 */
export async function executorFor({ path }: ModelSource): Promise<Executor> {
  await assertKnownFormat(path);
  const names = await readdir(path).catch(() => [basename(path)]);
  const isOnnx = names.some((name) => name.endsWith('.onnx'));
  return executorNamed(
    !isOnnx && names.some((name) => name.endsWith('.json') || name === 'saved_model.pb') ? 'TFJS' : 'ONNXRUNTIME',
  );
}

export const allExecutors = (): Promise<Executor[]> => Promise.all(Object.values(loaders).map((load) => load()));
