import { badUserInput, GlassgraphError } from '../../../errors.ts';
import type { GraphBuilder } from '../builder.ts';
import { multiplierCalculus } from './multipliers.ts';
import { pathBetween, readsOf, type Step } from './path.ts';
import type { Calculus, Composite, Rule } from './rule.ts';
import { ruleOf } from './rules.ts';
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
  pathRule: ruleOf,
  rule: ({ node }) => ruleOf(node),
  finish: (_, gradient) => gradient,
};

function append(graph: GraphBuilder, of: string, wrt: readonly string[], calculus: Calculus): string[] {
  for (const name of [of, ...wrt]) requireFloat(graph, name);
  const target = new Value(graph, of);
  const gradients = backward(graph, [[of, target.onesLike(target)]], wrt, new Set(), { calculus });
  return wrt.map((name) => {
    const tensor = new Value(graph, name);
    return (gradients.get(name) ?? tensor.zerosLike(tensor)).name;
  });
}

/** The errors that `appendGradient` would throw, each for a node of its own, if those before it did not stop it. */
export function obstacles(graph: GraphBuilder, of: string, wrt: readonly string[]): GlassgraphError[] {
  const target = new Value(graph, of);
  const errors: GlassgraphError[] = [];
  backward(graph, [[of, target.onesLike(target)]], wrt, new Set(), { onBlocked: (error) => errors.push(error) });
  return errors;
}

interface How {
  readonly calculus?: Calculus;
  /** Told of nodes without gradient, which then count as zero; they are thrown when it is undefined. */
  readonly onBlocked?: (error: GlassgraphError) => void;
}

/**
 * Pulls gradients of targets back to wanted tensors. `boundary`: tensors behind which nothing is looked at, so that each is
 * varied by itself also where one is computed from another. Tensors that no path leads to are missing in the result.
 */
function backward(
  graph: GraphBuilder,
  targets: readonly (readonly [name: string, gradient: Value])[],
  wanted: readonly string[],
  boundary: ReadonlySet<string>,
  { calculus = gradientCalculus, onBlocked }: How = {},
): Map<string, Value> {
  const gradients = new Sums();
  for (const [name, gradient] of targets) gradients.add(name, gradient);
  const path = pathBetween(
    graph,
    new Set(wanted),
    targets.map(([name]) => name),
    boundary,
    calculus.pathRule,
  );
  for (const { node, reads } of path.toReversed()) {
    if (!node.output.some((name) => gradients.has(name))) continue;
    const site = new Site(graph, node, gradients);
    const given = onBlocked === undefined ? contributions(site, reads, calculus) : unblocked(site, reads, onBlocked);
    for (const [name, gradient] of given) gradients.add(name, gradient);
  }
  return new Map(
    wanted.flatMap((name): [string, Value][] => {
      const gradient = gradients.get(name);
      return gradient === undefined ? [] : [[name, gradient]];
    }),
  );
}

function unblocked(site: Site, reads: Step['reads'], onBlocked: (error: GlassgraphError) => void): [string, Value][] {
  try {
    return contributions(site, reads, gradientCalculus);
  } catch (error) {
    const known = error instanceof GlassgraphError;
    onBlocked(known ? error : site.unsupported(`the rule of its operator fails: ${(error as Error).message}`));
    return [...reads].map((name) => [name, site.value(name).zerosLike(site.value(name))]);
  }
}

/** The gradients that a node hands to the tensors it reads, one for each time that it reads them. */
function contributions(site: Site, reads: Step['reads'], calculus: Calculus): [string, Value][] {
  const rule = calculus.rule(site, reads);
  if (rule === undefined) throw site.unsupported('this operator has no rule');
  if (isComposite(rule))
    return [...composed(site, rule, reads)].map(([name, gradient]) => [name, calculus.finish(site, gradient)]);
  return readsOf(site.node).flatMap((name, index): [string, Value][] => {
    if (!reads.has(name)) return [];
    const vjp = typeof rule === 'function' ? rule : rule?.[index];
    if (vjp === null) return [];
    if (vjp === undefined) throw site.unsupported(`the rule of its operator leaves out “${name}”`);
    const gradient = vjp(site, index);
    const own = broadcasting.has(site.node.opType) ? unbroadcast(gradient, index, site) : gradient;
    return [[name, calculus.finish(site, own.like(site.value(name)))]];
  });
}

/** The gradients of what a node is made of. */
function composed(site: Site, { forward }: Composite, reads: Step['reads']): Map<string, Value> {
  const outputs = forward(site);
  if (site.node.output.some((_, index) => index >= outputs.length && site.isNeeded(index)))
    throw site.unsupported(`the rule of its operator leaves out its output “${site.node.output[outputs.length]}”`);
  const targets = outputs.flatMap(({ name }, index): [string, Value][] =>
    site.isNeeded(index) ? [[name, site.gradient(index)]] : [],
  );
  const boundary = new Set(readsOf(site.node));
  return backward(site.graph, targets, [...reads], boundary);
}

const isComposite = (rule: Rule): rule is Composite => rule !== null && 'forward' in rule;

function requireFloat(graph: GraphBuilder, name: string): void {
  const dtype = graph.specOf(name)?.dtype;
  if (dtype !== undefined && !dtype.includes('float'))
    throw badUserInput(
      'gradient',
      `“${name}” holds ${dtype}: only numbers that may vary have gradients. An id has carriers, the tensors behind its embedding tables.`,
    );
}
