import type { Blocker, Capabilities, LogitTensor, LookupGraph, Stray } from '../../graph.ts';
import type { GraphView, Specs } from '../graph-view.ts';
import { inputsOf, nodeOf } from '../model-json.ts';
import type { Opened } from '../opened.ts';
import { blockersBetween } from '../path.ts';
import { linear } from './lookups.ts';

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
  const ids = view.inputs.filter((input) => !isFloat(input));
  const lookedUp = new Set(structure.lookups.map(({ input }) => input));
  const strays = ids.filter((input) => !lookedUp.has(input)).flatMap((input) => straysOf(view, specs, input));
  return { activations: true, interventions: true, blockers: [...found.values()], strays };
}

/** The first nodes behind an input that do more than to move its elements. */
function straysOf(view: GraphView, specs: Specs, input: string): Stray[] {
  const size = (specs.get(input)?.shape ?? []).slice(1).reduce<number>((product, dim) => product * (dim ?? 1), 1);
  const reached = new Set([input]);
  return view.nodes.flatMap((node) => {
    if (!inputsOf(node).some((name) => reached.has(nodeOf(name)))) return [];
    if (linear.has(node.op)) {
      reached.add(node.name);
      return [];
    }
    return [
      {
        operator: node.op,
        node: node.name,
        reason: `it takes values of the input “${input}” that have no gradient and are looked up in no table`,
        input,
        columns: Array.from({ length: size }, (_, column) => column),
      },
    ];
  });
}
