import type { Blocker } from '../../compute/graph.ts';
import { type CapabilitiesOfModel, capabilitiesOf } from '../../questions/capabilities.ts';
import { builder } from '../builder/builder.ts';
import { Model } from '../shared/references.ts';

const OperatorBlocker = builder.objectRef<Omit<Blocker, 'targets'>>('OperatorBlocker').implement({
  description: 'An operator that is in the way of gradients.',
  fields: (t) => ({
    operator: t.exposeString('operator', { description: 'Its type, e.g. Loop.' }),
    node: t.exposeString('node', { description: 'Its name in the graph; that of its first output where it has none.' }),
    reason: t.exposeString('reason', { description: 'Why there is no gradient through it.' }),
  }),
});

const ModelCapabilities = builder.objectRef<CapabilitiesOfModel>('ModelCapabilities').implement({
  description: 'What a model’s executor can do with it. It is told from the files: nothing is run.',
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

builder.objectField(Model, 'capabilities', (t) =>
  t.field({
    type: ModelCapabilities,
    description: 'What this model’s executor can do with it; blockers name the operators in the way.',
    resolve: capabilitiesOf,
  }),
);
