import { type Carrier, carriersOf } from '../data/carriers.ts';
import { bindingMismatch, unsupportedByExecutor } from '../errors.ts';
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

/**
 * The carriers of every feature. Throws BINDING_MISMATCH for a feature that no differentiable tensor carries, and
 * UNSUPPORTED_BY_EXECUTOR where that is because only the model’s outputs are to be had.
 */
export function carriersOfFeatures({ graph, features }: Subject): Carrier[][] {
  return features.map((feature) => {
    const carriers = carriersOf(graph, feature);
    if (carriers.length > 0) return carriers;
    if (graph.capabilities?.activations === false)
      throw unsupportedByExecutor(
        `This model is run as a whole, so that nothing but the values of the feature “${feature.name}” can be changed: there is no zero or mean of what carries it, and no gradient. Ask for FEATURE_PERMUTATION, or for FEATURE_ABLATION or SHAPLEY_SAMPLING from a baseline of values (options: { baseline: { kind: MISSING } } or { values: … }), or export the model as ONNX.`,
        { feature: feature.name },
      );
    throw bindingMismatch(
      `The feature “${feature.name}” reaches the model through no table and no number that has a gradient: nothing can be attributed to it.`,
      { feature: feature.name },
    );
  });
}
