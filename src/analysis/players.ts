import { type Carrier, carriersOf, straysOf } from '../data/manifest/carriers.ts';
import { unsupportedByExecutor, unsupportedOperator } from '../errors.ts';
import type { Subject } from './analysis.ts';

/** What attributions are about: a feature, or a group of them, whose carriers count together. */
export interface Player {
  readonly name: string;
  /** Positions in the list of features. */
  readonly members: readonly number[];
}

/** Every feature, then every group in the order in which features first name them. */
export function playersOf({ features }: Pick<Subject, 'features'>): Player[] {
  const groups = [...new Set(features.flatMap(({ group }) => (group === undefined ? [] : [group])))];
  return [
    ...features.map(({ name }, at) => ({ name, members: [at] })),
    ...groups.map((name) => ({
      name,
      members: features.flatMap(({ group }, at) => (group === name ? [at] : [])),
    })),
  ];
}

const byItsValues =
  'Ask for FEATURE_PERMUTATION, or for FEATURE_ABLATION or SHAPLEY_SAMPLING from a baseline of values (options: { baseline: { kind: MISSING } } or { values: … })';

/**
 * The carriers of every feature. Throws UNSUPPORTED_OPERATOR for one whose values an operator takes before any table does, and
 * UNSUPPORTED_BY_EXECUTOR for others that no differentiable tensor carries.
 */
export function carriersOfFeatures({ graph, features }: Subject): Carrier[][] {
  return features.map((feature) => {
    const carriers = carriersOf(graph, feature);
    if (carriers.length > 0) return carriers;
    if (graph.capabilities?.activations === false)
      throw unsupportedByExecutor(
        `This model is run as a whole, so that nothing but the values of the feature “${feature.name}” can be changed: there is no zero or mean of what carries it, and no gradient. ${byItsValues}, or export the model in a form whose inner tensors can be read.`,
        { feature: feature.name },
      );
    const [stray] = straysOf(graph, feature);
    if (stray !== undefined)
      throw unsupportedOperator(
        `The node “${stray.node}” (${stray.operator}) is in the way of the feature “${feature.name}”: ${stray.reason}. ${byItsValues}.`,
        { operator: stray.operator, node: stray.node, feature: feature.name },
      );
    throw unsupportedByExecutor(
      `The feature “${feature.name}” reaches the model through no table and no number: there is nothing to differentiate by, and nothing to set to zero or to a mean. ${byItsValues}.`,
      { feature: feature.name },
    );
  });
}
