import { everythingIn } from '../../expressions.ts';
import type { Program } from '../../program.ts';
import type { NodeProto } from '../proto/onnx_pb.js';
import { readsOf } from '../reach.ts';

/** Which of a model's nodes have to have run before which others, where a program comes between them. */
export interface Levels {
  /** Of every node that depends on the rows, those of a level together, in their order. */
  readonly nodes: readonly (readonly NodeProto[])[];
  /** The level whose nodes make a tensor; undefined of inputs, and of what does not depend on the rows. */
  levelOf(name: string): number | undefined;
  /** Tensors that the program replaces or differentiates by: whoever reads one reads it from outside. */
  readonly cuts: ReadonlySet<string>;
  /** Tensors that the program reads, those included. */
  readonly read: ReadonlySet<string>;
}

/**
 * Nodes of a level need nothing of the program but what it computes from the levels before: a tensor that it replaces ends a level.
 * `nodes`: in topological order; `inputs`: of the model, and not what else its graph is fed with.
 */
export function levelsOf(nodes: readonly NodeProto[], inputs: readonly string[], program: Program): Levels {
  const overrides = Object.entries(program.overrides ?? {});
  const everything = everythingIn([
    ...Object.values(program.outputs),
    ...overrides.map(([, expression]) => expression),
  ]);
  const moved = everything.flatMap((each) =>
    each.kind === 'gradient' && each.wrt.kind === 'tensor' ? [each.wrt.name] : [],
  );
  const read = everything.flatMap((each) => (each.kind === 'tensor' ? [each.name] : []));
  const cuts = new Set([...overrides.map(([name]) => name), ...moved]);
  const levels = new Map<string, number>();
  const replaced = new Map<string, number>();
  /** The first level that may read a tensor from outside. */
  const readableFrom = (name: string): number => {
    const level = levels.get(name);
    return Math.max(level === undefined ? 0 : level + 1, replaced.get(name) ?? 0);
  };
  const dependent = dependentOn(nodes, inputs);
  // Every round settles one more override at least.
  for (let round = 0; round <= overrides.length; round++) {
    for (const node of dependent) {
      const needed = readsOf(node).map((name) => (cuts.has(name) ? readableFrom(name) : (levels.get(name) ?? 0)));
      for (const name of node.output) levels.set(name, Math.max(0, ...needed));
    }
    for (const [name, expression] of overrides) {
      const others = everythingIn([expression]).flatMap((each) =>
        each.kind === 'tensor' && each.name !== name ? [readableFrom(each.name)] : [],
      );
      replaced.set(name, Math.max(0, ...others));
    }
  }
  const byLevel: NodeProto[][] = [];
  for (const node of dependent) {
    const level = levels.get(node.output.find((name) => name !== '') ?? '') ?? 0;
    while (byLevel.length <= level) byLevel.push([]);
    byLevel[level]?.push(node);
  }
  return { nodes: byLevel, levelOf: (name) => levels.get(name), cuts, read: new Set([...read, ...cuts]) };
}

/** Nodes that read these tensors, their sizes included, directly or through others. */
function dependentOn(nodes: readonly NodeProto[], inputs: readonly string[]): NodeProto[] {
  const dependent = new Set(inputs);
  return nodes.filter((node) => {
    const depends = readsOf(node).some((name) => dependent.has(name));
    if (depends) for (const name of node.output) if (name !== '') dependent.add(name);
    return depends;
  });
}
