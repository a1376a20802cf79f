import { badUserInput, GlassgraphError } from '../../../errors.ts';
import type { GraphBuilder } from '../builder.ts';
import { type Alive, aliveInput, Lives } from './alive.ts';
import { guarded } from './guard.ts';
import { multiplierCalculus } from './multipliers.ts';
import { pathBetween, readsOf, type Step } from './path.ts';
import { Ranges } from './ranges.ts';
import type { Calculus, Composite, Mapped, Rule } from './rule.ts';
import { ruleOf } from './rules/index.ts';
import { Site } from './site.ts';
import { Sums } from './sums.ts';
import { broadcasting, unbroadcast } from './unbroadcast.ts';
import { Value } from './value.ts';

/**
 * Reverse-mode differentiation, graph to graph: appends the nodes that compute d (sum of `of`) / d `wrt` for each tensor in `wrt`,
 * and returns the gradients' names, each of the shape and element type of its tensor. What is appended is standard ONNX in the
 * opset of the graph, and can be differentiated again.
 *
 * `of` and `wrt` are tensors of a floating-point type; those in `wrt` may be inputs, parameters or inner tensors, and each is
 * varied by itself (Griewank and Walther 2008, Evaluating Derivatives, §3.2). A tensor on which `of` does not depend, or depends
 * by a derivative that is zero by nature only (a comparison, a rounding), has a gradient of zeros.
 *
 * Throws UNSUPPORTED_OPERATOR, which names the node, where the path between them leads through an operator that has no rule.
 */
export const appendGradient = (graph: GraphBuilder, of: string, wrt: readonly string[]): string[] =>
  append(graph, of, wrt, gradientCalculus);

/**
 * The same with the multipliers of DeepLIFT in place of derivatives (multipliers.ts): axis 0 holds rows at their baselines and, behind
 * them, the rows themselves. Throws UNSUPPORTED_OPERATOR at a node for which there is no such multiplier.
 */
export const appendMultipliers = (graph: GraphBuilder, of: string, wrt: readonly string[]): string[] =>
  append(graph, of, wrt, multiplierCalculus);

const gradientCalculus: Calculus = {
  isGuarded: true,
  pathRule: ruleOf,
  rule: ({ node }) => ruleOf(node),
  finish: (_, gradient) => gradient,
};

function append(graph: GraphBuilder, of: string, wrt: readonly string[], calculus: Calculus): string[] {
  for (const name of [of, ...wrt]) requireFloat(graph, name);
  const gradients = backward(graph, [wholeOf(graph, of)], wrt, { calculus, ranges: new Ranges(graph) });
  return wrt.map((name) => {
    const tensor = new Value(graph, name);
    return (gradients.get(name)?.gradient ?? tensor.zerosLike(tensor)).name;
  });
}

/** The errors that `appendGradient` would throw, each for a node of its own, if those before it did not stop it. */
export function obstacles(graph: GraphBuilder, of: string, wrt: readonly string[]): GlassgraphError[] {
  const errors: GlassgraphError[] = [];
  const onBlocked = (error: GlassgraphError) => errors.push(error);
  backward(graph, [wholeOf(graph, of)], wrt, { calculus: gradientCalculus, ranges: new Ranges(graph), onBlocked });
  return errors;
}

interface How {
  readonly calculus: Calculus;
  readonly ranges: Ranges;
  /** Tensors behind which nothing is looked at, so that each is varied by itself also where one is computed from another. */
  readonly boundary?: ReadonlySet<string>;
  /** Told of nodes without gradient, which then count as zero; they are thrown when it is undefined. */
  readonly onBlocked?: (error: GlassgraphError) => void;
}

/** What a tensor is handed: a gradient, and which of its elements a target depends on. */
interface Pulled {
  readonly name: string;
  readonly gradient: Value;
  readonly alive: Alive;
}

/** Of a target whose elements are summed. */
function wholeOf(graph: GraphBuilder, name: string): Pulled {
  const target = new Value(graph, name);
  return { name, gradient: target.onesLike(target), alive: 'everywhere' };
}

/** Pulls gradients of targets back to wanted tensors. Tensors that no path leads to are missing in the result. */
function backward(
  graph: GraphBuilder,
  targets: readonly Pulled[],
  wanted: readonly string[],
  { boundary = new Set(), ...how }: How,
): Map<string, Pulled> {
  const [gradients, lives] = [new Sums(), new Lives()];
  const add = ({ name, gradient, alive }: Pulled) => {
    gradients.add(name, gradient);
    lives.add(name, alive);
  };
  for (const target of targets) add(target);
  const names = targets.map(({ name }) => name);
  const path = pathBetween(graph, new Set(wanted), names, boundary, how.calculus.pathRule);
  for (const { node, reads } of path.toReversed()) {
    if (!node.output.some((name) => gradients.has(name))) continue;
    const sweep = { site: new Site(graph, node, gradients), reads, lives, how };
    const given = how.onBlocked === undefined ? contributions(sweep) : unblocked(sweep, how.onBlocked);
    for (const each of given) add(each);
  }
  return new Map(
    wanted.flatMap((name): [string, Pulled][] => {
      const [gradient, alive] = [gradients.get(name), lives.get(name)];
      return gradient === undefined || alive === undefined ? [] : [[name, { name, gradient, alive }]];
    }),
  );
}

/** A node on the way back, and what its outputs were handed. */
interface Visit {
  readonly site: Site;
  readonly reads: Step['reads'];
  readonly lives: Lives;
  readonly how: How;
}

function unblocked(visit: Visit, onBlocked: (error: GlassgraphError) => void): Pulled[] {
  const { site, reads } = visit;
  try {
    return contributions(visit);
  } catch (error) {
    const known = error instanceof GlassgraphError;
    onBlocked(known ? error : site.unsupported(`the rule of its operator fails: ${(error as Error).message}`));
    return [...reads].map((name) => {
      const value = site.value(name);
      return { name, gradient: value.zerosLike(value), alive: 'everywhere' };
    });
  }
}

/** What a node hands to the tensors it reads, one for each time that it reads them. */
function contributions({ site, reads, lives, how }: Visit): Pulled[] {
  const { calculus, ranges } = how;
  const rule = calculus.rule(site, reads);
  if (rule === undefined) throw site.unsupported('this operator has no rule');
  if (isComposite(rule))
    return composed({ site, reads, lives, how }, rule).map((each) => ({
      ...each,
      gradient: calculus.finish(site, each.gradient),
    }));
  if (isMapped(rule)) return mapped(site, rule, reads);
  return readsOf(site.node).flatMap((name, index): Pulled[] => {
    if (!reads.has(name)) return [];
    const vjp = typeof rule === 'function' ? rule : rule?.[index];
    if (vjp === null) return [];
    if (vjp === undefined) throw site.unsupported(`the rule of its operator leaves out “${name}”`);
    const gradient = calculus.isGuarded ? guarded(vjp, site, index, lives, ranges) : vjp(site, index);
    const own = broadcasting.has(site.node.opType) ? unbroadcast(gradient, index, site) : gradient;
    const alive = calculus.isGuarded ? aliveInput(site, index, lives) : 'everywhere';
    return [{ name, gradient: calculus.finish(site, own.like(site.value(name))), alive }];
  });
}

/** What the nodes hand back of which a node is made. */
function composed({ site, reads, lives, how }: Visit, { forward }: Composite): Pulled[] {
  const outputs = forward(site);
  if (site.node.output.some((_, index) => index >= outputs.length && site.isNeeded(index)))
    throw site.unsupported(`the rule of its operator leaves out its output “${site.node.output[outputs.length]}”`);
  const targets = outputs.flatMap(({ name }, index): Pulled[] => {
    const alive = lives.get(site.output(index).name) ?? 'everywhere';
    return site.isNeeded(index) ? [{ name, gradient: site.gradient(index), alive }] : [];
  });
  const boundary = new Set(readsOf(site.node));
  // Within a node there are derivatives only, whichever calculus it is a part of.
  const inner = { calculus: gradientCalculus, ranges: how.ranges, boundary };
  return [...backward(site.graph, targets, [...reads], inner).values()];
}

/** What the parts hand back, by a node that goes through them once more. */
function mapped(site: Site, rule: Mapped, reads: Step['reads']): Pulled[] {
  const { graph, inputs, outputs, again } = rule.body(site);
  const fed = new Map(site.node.input.map((name, index) => [inputs[index] ?? '', name]));
  const targets = outputs.flatMap((name, index): Pulled[] => {
    if (!site.isNeeded(index)) return [];
    const { dtype, shape } = new Value(graph, name);
    const gradient = graph.input('gradient', dtype, shape);
    fed.set(gradient, site.gradient(index).name);
    return [{ name, gradient: new Value(graph, gradient), alive: 'everywhere' }];
  });
  const wanted = inputs.filter((_, index) => reads.has(site.node.input[index] ?? ''));
  const inner = { calculus: gradientCalculus, ranges: new Ranges(graph) };
  const pulled = [...backward(graph, targets, wanted, inner).values()];
  const made = again(
    fed,
    pulled.map(({ name, gradient }) => gradient.like(new Value(graph, name)).name),
  );
  return pulled.map(({ name }, index) => {
    const own = site.value(fed.get(name) ?? '');
    return { name: own.name, gradient: site.value(made[index] ?? '').like(own), alive: 'everywhere' };
  });
}

const isMapped = (rule: Rule): rule is Mapped => rule !== null && 'body' in rule;
const isComposite = (rule: Rule): rule is Composite => rule !== null && 'forward' in rule;

function requireFloat(graph: GraphBuilder, name: string): void {
  const dtype = graph.specOf(name)?.dtype;
  if (dtype !== undefined && !dtype.includes('float'))
    throw badUserInput(
      'gradient',
      `“${name}” holds ${dtype}: only numbers that may vary have gradients. An id has carriers, the tensors behind its embedding tables.`,
    );
}
