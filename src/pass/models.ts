import type { ModelArtifact, OpenModel } from '../compute/executor.ts';
import { executorNamed } from '../compute/executors.ts';
import { registerAgain } from '../compute/runs.ts';
import type { TensorSpec } from '../compute/tensor.ts';
import type { PassEnvironment } from './protocol.ts';

/** Opening costs more than a small pass: the models used last stay open. Their weights are mapped, not copied. */
const openModelCount = 4;
const open = new Map<string, Promise<OpenModel>>();

export async function openedModel(artifact: ModelArtifact, { home, threads }: PassEnvironment): Promise<OpenModel> {
  const key = JSON.stringify([artifact, threads]);
  const model =
    open.get(key) ?? executorNamed(artifact.executor).then((executor) => executor.open(artifact, { home, threads }));
  open.delete(key);
  open.set(key, model);
  model.catch(() => open.delete(key));
  await closeOldest();
  const fixed = (await model).graph.inputs.find(isOfFixedSize);
  if (fixed !== undefined) throw registerAgain(fixed);
  return model;
}

/** Whose first axis, that of the rows, is not open. */
export const isOfFixedSize = ({ shape: [size] }: TensorSpec): boolean => typeof size === 'number';

async function closeOldest(): Promise<void> {
  for (const [key, model] of [...open].slice(0, -openModelCount)) {
    open.delete(key);
    await (await model).close();
  }
}
