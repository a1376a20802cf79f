import type { InteractionMethod as Method } from '../../analysis/interactions.ts';
import { interactionsPlot } from '../../plots/interactions.ts';
import type { VegaLite } from '../../plots/vega-lite.ts';
import { wholeBetween } from '../../questions/arguments.ts';
import { chosenFeatures, type Interaction, interactionsOf } from '../../questions/attributions/interactions.ts';
import { titleOf } from '../../questions/structure.ts';
import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { Provenance } from '../shared/provenance.ts';
import { Feature, Model } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';

const InteractionMethod = builder.enumType('InteractionMethod', {
  description:
    'How interaction is measured. ABLATION: mean over rows of |f(x) - f(x without i) - f(x without j) + f(x without both)|, features at the ZERO baseline. HESSIAN: mean over rows of the Frobenius norm of the mixed second derivatives between the two carriers (zero for piecewise linear targets: ask with space PROBABILITY).',
  values: {
    ABLATION: { description: 'Interaction by taking features away, one and both. It needs no gradients.' },
    HESSIAN: { description: 'Interaction by second derivatives, exact.' },
  } satisfies Record<Method, object>,
});

const FeatureInteraction = builder.objectRef<Interaction>('FeatureInteraction').implement({
  description: 'How much two features work together, beyond what each does alone.',
  fields: (t) => ({
    features: t.field({
      type: [Feature],
      description: 'The two, in the manifest’s order.',
      resolve: ({ features }) => [...features],
    }),
    score: t.exposeFloat('score', {
      description: 'The strength of the interaction by the method that was asked for; never negative.',
    }),
    share: t.exposeFloat('share', {
      nullable: true,
      description: 'The score over the sum of all pairs’ scores; null when that is zero.',
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ provenance }) => provenance,
    }),
  }),
});

builder.objectFields(Model, (t) => {
  const args = {
    rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
    method: t.arg({ type: InteractionMethod, defaultValue: 'ABLATION', description: 'How interaction is measured.' }),
    features: t.arg.stringList({ description: 'Names of features, at most 64; all of the model’s when omitted.' }),
    target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
  };
  return {
    interactions: t.field({
      type: [FeatureInteraction],
      nullable: true,
      description: 'Which pairs of features work together. Largest score first.',
      args: { ...args, first: t.arg.int({ defaultValue: 20, description: 'The largest number of pairs.' }) },
      resolve: async (model, { first, ...asked }, context) => {
        const count = wholeBetween('first', first ?? 20, 0, 10_000);
        return (await interactionsOf(context, model, asked)).slice(0, count);
      },
    }),
    interactionPlot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'Interactions of all pairs as a heat map.',
      args,
      resolve: async (model, asked, context): Promise<VegaLite> => {
        const pairs = (await interactionsOf(context, model, asked)).map(({ features: [first, second], score }) => ({
          features: [first.feature.name, second.feature.name] as const,
          score,
        }));
        const positions = chosenFeatures(model, asked.features);
        const names = positions.map((at) => model.manifest.features[at]?.name as string);
        return interactionsPlot(names, pairs, titleOf(model));
      },
    }),
  };
});
