import { isBookkeeping, type Step } from './steps.ts';

/** Tensors that only bookkeeping, concatenation and the choice of columns lie between and an output of the model. */
export function outputSide(
  steps: readonly Step[],
  outputs: readonly string[],
  readers: ReadonlyMap<string, readonly Step[]>,
): ReadonlySet<string> {
  const found = new Set(outputs);
  for (const step of steps.toReversed()) {
    const isPassage = isBookkeeping(step.role) || step.role === 'JOIN' || step.chosenFrom !== undefined;
    if (!isPassage || !step.outputs.some((name) => found.has(name))) continue;
    for (const name of step.reads) if (readers.get(name)?.length === 1) found.add(name);
  }
  return found;
}
