import type { Blocker, ModelGraph } from '../graph.ts';
import type { TensorSpec } from '../tensor.ts';

/**
 * Nodes that gradients of what a model gives out, and of its logits, cannot pass on their way to what carries features.
 * `between`: those between a tensor and some others.
 */
export function findBlockers(
  { inputs, outputs, lookups, logits }: Pick<ModelGraph, 'inputs' | 'outputs' | 'lookups' | 'logits'>,
  specs: ReadonlyMap<string, TensorSpec>,
  between: (target: string, wanted: readonly string[]) => readonly Omit<Blocker, 'targets'>[],
): Blocker[] {
  const numbers = (names: readonly string[]): string[] =>
    [...new Set(names)].filter((name) => specs.get(name)?.dtype.includes('float'));
  const wanted = numbers([...lookups.map(({ carrier }) => carrier), ...inputs.map(({ name }) => name)]);
  const targets = numbers([...logits.map(({ tensor }) => tensor), ...outputs.map(({ name }) => name)]);
  const found = new Map<string, Blocker>();
  for (const target of targets)
    for (const blocker of between(target, wanted)) {
      const before = found.get(blocker.node)?.targets ?? [];
      found.set(blocker.node, { ...blocker, targets: [...new Set([...before, target])] });
    }
  return [...found.values()];
}
