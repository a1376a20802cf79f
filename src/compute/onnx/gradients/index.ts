import { badUserInput, GlassgraphError } from '../../../errors.ts';
import type { GraphBuilder } from '../builder.ts';
import { pathBetween, readsOf, type Step } from './path.ts';
import type { Composite, Rule } from './rule.ts';
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
export function appendGradient(graph: GraphBuilder, of: string, wrt: readonly string[]): string[] {
  for (const name of [of, ...wrt]) requireFloat(graph, name);
  const target = new Value(graph, of);
  const gradients = backward(graph, [[of, target.onesLike(target)]], wrt, new Set());
  return wrt.map((name) => {
    const tensor = new Value(graph, name);
    return (gradients.get(name) ?? tensor.zerosLike(tensor)).name;
  });
}

/** The errors that `appendGradient` would throw, each for a node of its own, if those before it did not stop it. */
export function obstacles(graph: GraphBuilder, of: string, wrt: readonly string[]): GlassgraphError[] {
  const target = new Value(graph, of);
  const errors: GlassgraphError[] = [];
  backward(graph, [[of, target.onesLike(target)]], wrt, new Set(), (error) => errors.push(error));
  return errors;
}

/**
 * Pulls gradients of targets back to wanted tensors. `boundary`: tensors behind which nothing is looked at, so that each is
 * varied by itself also where one is computed from another. Tensors that no path leads to are missing in the result.
 * `onBlocked`: told of nodes without gradient, which then count as zero; they are thrown when it is undefined.
 */
function backward(
  graph: GraphBuilder,
  targets: readonly (readonly [name: string, gradient: Value])[],
  wanted: readonly string[],
  boundary: ReadonlySet<string>,
  onBlocked?: (error: GlassgraphError) => void,
): Map<string, Value> {
  const gradients = new Sums();
  for (const [name, gradient] of targets) gradients.add(name, gradient);
  const path = pathBetween(
    graph,
    new Set(wanted),
    targets.map(([name]) => name),
    boundary,
  );
  for (const { node, reads } of path.toReversed()) {
    if (!node.output.some((name) => gradients.has(name))) continue;
    const site = new Site(graph, node, gradients);
    const given = onBlocked === undefined ? contributions(site, reads) : unblocked(site, reads, onBlocked);
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
    return contributions(site, reads);
  } catch (error) {
    const known = error instanceof GlassgraphError;
    onBlocked(known ? error : site.unsupported(`the rule of its operator fails: ${(error as Error).message}`));
    return [...reads].map((name) => [name, site.value(name).zerosLike(site.value(name))]);
  }
}

/** The gradients that a node hands to the tensors it reads, one for each time that it reads them. */
function contributions(site: Site, reads: Step['reads']): [string, Value][] {
  const rule = ruleOf(site.node);
  if (rule === undefined) throw site.unsupported('this operator has no rule');
  if (isComposite(rule)) return [...composed(site, rule, reads)];
  return readsOf(site.node).flatMap((name, index): [string, Value][] => {
    if (!reads.has(name)) return [];
    const vjp = typeof rule === 'function' ? rule : rule?.[index];
    if (vjp === null) return [];
    if (vjp === undefined) throw site.unsupported(`the rule of its operator leaves out “${name}”`);
    const gradient = vjp(site, index);
    const input = site.value(name);
    return [[name, (broadcasting.has(site.node.opType) ? unbroadcast(gradient, index, site) : gradient).like(input)]];
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
