import { unsupportedByExecutor } from '../errors.ts';
import type { Executor, ExecutorName, ModelSource } from './executor.ts';

/** The backends of this build. Loaded when they are first asked for: native code stays out of processes that only plan. */
const loaders: Partial<Record<ExecutorName, () => Promise<Executor>>> = {
  ONNXRUNTIME: async () => (await import('./onnx/executor.ts')).onnxExecutor,
};

export async function executorNamed(name: ExecutorName): Promise<Executor> {
  const load = loaders[name];
  if (load === undefined) throw unsupportedByExecutor(`This server has no executor ${name}.`, { executor: name });
  return load();
}

/** The one that takes a model's files. The formats of this build are told apart by their names. */
export const executorFor = (_source: ModelSource): Promise<Executor> => executorNamed('ONNXRUNTIME');

export const allExecutors = (): Promise<Executor[]> => Promise.all(Object.values(loaders).map((load) => load()));
