import type { Blocker, Capabilities, LogitTensor, LookupGraph } from '../../graph.ts';
import { blockersBetween } from '../gradients/path.ts';
import type { Specs } from '../graph-view.ts';
import type { Opened } from '../opened.ts';
import { findStrays } from './strays.ts';

interface Structure {
  readonly lookups: readonly LookupGraph[];
  readonly logits: readonly LogitTensor[];
}

/** Every tensor can be read and replaced; gradients need a rule of every operator that they pass. */
export function capabilitiesOf(model: Opened, specs: Specs, structure: Structure): Capabilities {
  const { view } = model;
  const isFloat = (name: string): boolean => specs.get(name)?.dtype.includes('float') ?? false;
  const numbers = view.inputs.filter(isFloat);
  const wanted = [...structure.lookups.map(({ carrier }) => carrier), ...numbers];
  const targets = new Set([...structure.logits.map(({ tensor }) => tensor), ...view.outputs]);
  const found = new Map<string, Blocker>();
  for (const target of targets)
    for (const blocker of blockersBetween(model, target, wanted)) {
      const known = found.get(blocker.node);
      found.set(blocker.node, { ...blocker, targets: [...(known?.targets ?? []), target] });
    }
  return {
    activations: true,
    interventions: true,
    blockers: [...found.values()],
    strays: findStrays(model, specs, structure.lookups),
  };
}
