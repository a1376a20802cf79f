import type { Blocker, Capabilities } from '../compute/graph.ts';
import { carriersOf, straysOf } from '../data/manifest/carriers.ts';
import { analysisFailed } from '../errors.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';
import { Model } from './references.ts';

/** What gradients of a model's score have to do with. */
interface CapabilitiesOfModel extends Pick<Capabilities, 'activations' | 'interventions'> {
  readonly blockers: readonly Omit<Blocker, 'targets'>[];
}

const OperatorBlocker = builder.objectRef<Omit<Blocker, 'targets'>>('OperatorBlocker').implement({
  description: 'An operator that is in the way of gradients.',
  fields: (t) => ({
    operator: t.exposeString('operator', { description: 'Its type, e.g. Loop.' }),
    node: t.exposeString('node', { description: 'Its name in the graph; that of its first output where it has none.' }),
    reason: t.exposeString('reason', { description: 'Why there is no gradient through it.' }),
  }),
});

const ModelCapabilities = builder.objectRef<CapabilitiesOfModel>('ModelCapabilities').implement({
  description: 'What a model’s executor can do with it. Told from its files: nothing is run.',
  fields: (t) => ({
    activations: t.exposeBoolean('activations', {
      description: 'Whether outputs of layers can be read: statistics, probes, projections.',
    }),
    gradients: t.boolean({
      description:
        'Whether the score’s logit has a gradient with respect to all that carries features. Perturbation methods (FEATURE_ABLATION, FEATURE_PERMUTATION, SHAPLEY_SAMPLING) need none.',
      resolve: ({ blockers }) => blockers.length === 0,
    }),
    interventions: t.exposeBoolean('interventions', {
      description: 'Whether outputs of layers can be replaced: interventions, ablation, integrated gradients.',
    }),
    blockers: t.field({
      type: [OperatorBlocker],
      description: 'What is in the way of gradients, in no order that matters; empty when nothing is.',
      resolve: ({ blockers }) => [...blockers],
    }),
  }),
});

/** Throws ANALYSIS_FAILED for a model that was registered before capabilities were found out. */
function capabilitiesOf({ name, version, graph, manifest }: ModelRow): CapabilitiesOfModel {
  const { capabilities, logits } = graph;
  if (capabilities === undefined)
    throw analysisFailed(
      `What can be done with version “${version}” of “${name}” was not found out when it was registered. Register it again, with the same name and version: its results stay.`,
    );
  const { output, index, logit } = manifest.score;
  const found =
    logits.find((each) => each.tensor === logit) ??
    logits.find((each) => each.output === output && each.index === index);
  const target = found?.tensor ?? output;
  const uncarried = manifest.features.filter((feature) => carriersOf(graph, feature).length === 0);
  return {
    ...capabilities,
    blockers: [
      ...new Set(uncarried.flatMap((feature) => straysOf(graph, feature))),
      ...capabilities.blockers.filter(({ targets: own }) => own.includes(target)),
    ],
  };
}

builder.objectField(Model, 'capabilities', (t) =>
  t.field({
    type: ModelCapabilities,
    description: 'What this model’s executor can do with it; blockers name the operators in the way.',
    resolve: capabilitiesOf,
  }),
);
