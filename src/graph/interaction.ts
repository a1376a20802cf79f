import {
  type InteractionsResult,
  interactions,
  type InteractionMethod as Method,
  pairsOf,
} from '../analysis/interactions.ts';
import { badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import type { Provenance as Origin } from '../planner/question.ts';
import { interactionsPlot } from '../plots/interactions.ts';
import type { VegaLite } from '../plots/vega-lite.ts';
import { ask, type RowsArgument } from '../questions/ask.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';
import { wholeBetween } from './column-argument.ts';
import type { Context } from './context.ts';
import { featurePosition } from './feature-argument.ts';
import { notFinite } from './not-finite.ts';
import { orNull } from './number.ts';
import { Provenance } from './provenance.ts';
import { Feature, type FeatureOfModel, Model } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { outputTarget, TargetInput } from './target.ts';

const InteractionMethod = builder.enumType('InteractionMethod', {
  description:
    'ABLATION: mean over rows of |f(x) - f(x without i) - f(x without j) + f(x without both)|, features at the ZERO baseline. HESSIAN: mean over rows of the Frobenius norm of the mixed second derivatives between the two carriers (zero for piecewise linear targets: ask with space PROBABILITY).',
  values: {
    ABLATION: { description: 'By taking features away, one and both. Needs no gradients.' },
    HESSIAN: { description: 'By second derivatives, exact.' },
  } satisfies Record<Method, object>,
});

interface Interaction {
  readonly features: readonly [FeatureOfModel, FeatureOfModel];
  readonly score: number;
  readonly share: number | null;
  readonly provenance: Origin;
}

const FeatureInteraction = builder.objectRef<Interaction>('FeatureInteraction').implement({
  description: 'How much two features work together, beyond what each does alone.',
  fields: (t) => ({
    features: t.field({
      type: [Feature],
      description: 'The two, in the manifest’s order.',
      resolve: ({ features }) => [...features],
    }),
    score: t.exposeFloat('score', { description: 'By the method that was asked for; never negative.' }),
    share: t.exposeFloat('share', {
      nullable: true,
      description: 'score over the sum of all pairs’ scores; null when that is zero.',
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be.',
      resolve: ({ provenance }) => provenance,
    }),
  }),
});

interface Asked {
  readonly rows: RowsArgument;
  readonly method?: Method | null | undefined;
  readonly features?: readonly string[] | null | undefined;
  readonly target?: typeof TargetInput.$inferInput | null | undefined;
}

/** Of every pair of the chosen features, largest score first, ties in the manifest's order. */
async function interactionsOf(model: ModelRow, asked: Asked, context: Context): Promise<Interaction[]> {
  const features = chosenFeatures(model, asked.features);
  const method: Method = asked.method ?? 'ABLATION';
  const spec = { method, target: outputTarget(model, asked.target), features };
  const { value, provenance } = await ask(context, interactions, spec, { model, rows: asked.rows });
  const total = value.score.reduce((sum, score) => sum + score, 0);
  const featureAt = (at: number): FeatureOfModel => ({
    model,
    feature: model.manifest.features[features[at] as number] as FeatureOfModel['feature'],
  });
  return pairsOf(features.length)
    .map(([i, j], at): Interaction => {
      const pair = [featureAt(i), featureAt(j)] as const;
      const score = value.score[at] as number;
      if (!Number.isFinite(score) || value.notFinite?.column === at) throw notFiniteOf(pair, at, value);
      return { features: pair, score, share: orNull(score / total), provenance };
    })
    .sort((a, b) => b.score - a.score);
}

function notFiniteOf([one, other]: Interaction['features'], at: number, { notFinite: first }: InteractionsResult) {
  const features = [one.feature.name, other.feature.name];
  const row = first?.column === at ? first.row : undefined;
  return notFinite(`The interaction of “${features[0]}” and “${features[1]}”`, row, { features });
}

/** Positions, ascending. */
function chosenFeatures(model: ModelRow, names: readonly string[] | null | undefined): number[] {
  const all = names == null;
  const chosen = all
    ? model.manifest.features.map((_, at) => at)
    : [...new Set(names.map((name) => featurePosition(model, name, 'features')))].sort((a, b) => a - b);
  if (!all && chosen.length < 2)
    throw badUserInput('features', '`features` needs two features at least: interactions are between features.');
  if (chosen.length > analysisLimits.interactionFeatures)
    throw badUserInput(
      'features',
      `${chosen.length} features are ${pairsOf(chosen.length).length.toLocaleString('en')} pairs; name at most ${analysisLimits.interactionFeatures} \`features\`, e.g. those of the largest saliency.`,
    );
  return chosen;
}

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
      args: { ...args, first: t.arg.int({ defaultValue: 20, description: 'At most so many pairs.' }) },
      resolve: async (model, { first, ...asked }, context) => {
        const count = wholeBetween('first', first ?? 20, 0, 10_000);
        return (await interactionsOf(model, asked, context)).slice(0, count);
      },
    }),
    interactionPlot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'The same for all pairs, as a heat map.',
      args,
      resolve: async (model, asked, context): Promise<VegaLite> => {
        const pairs = (await interactionsOf(model, asked, context)).map(({ features: [first, second], score }) => ({
          features: [first.feature.name, second.feature.name] as const,
          score,
        }));
        const positions = chosenFeatures(model, asked.features);
        const names = positions.map((at) => model.manifest.features[at]?.name as string);
        return interactionsPlot(names, pairs, `${model.name} ${model.version}`);
      },
    }),
  };
});
