import {
  comparedModels,
  comparisonOf,
  flipRateOf,
  saliencyAgreementOf,
  scoreShiftOf,
} from '../../questions/changes/comparison.ts';
import { similarityOf } from '../../questions/layers/similarities.ts';
import { orNull } from '../../questions/or-null.ts';
import { evaluatedOrNull } from '../../questions/quality.ts';
import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { SimilarityMatrix } from '../layers/similarity.ts';
import { ModelInput, modelAsked } from '../models/model-input.ts';
import { judgedByArguments } from '../quality/judged-by.ts';
import { Provenance } from '../shared/provenance.ts';
import { Comparison, Evaluation, Model } from '../shared/references.ts';
import './comparison-quality.ts';
import './disagreements.ts';
import { DistributionShift } from './shift.ts';

builder.objectType(Comparison, {
  description:
    'A candidate beside a base on the same rows, joined row by row. Differences are the candidate’s minus the base’s.',
  fields: (t) => ({
    base: t.field({ type: Model, description: 'The model that is compared with.', resolve: ({ base }) => base }),
    candidate: t.field({
      type: Model,
      description: 'The model that was asked.',
      resolve: ({ candidate }) => candidate,
    }),
    baseEvaluation: t.field({
      type: Evaluation,
      nullable: true,
      description: 'Quality of the base; null without labels and for a VALUE.',
      resolve: (of, _, context) => evaluatedOrNull(context, of.judged?.base ?? null),
    }),
    candidateEvaluation: t.field({
      type: Evaluation,
      nullable: true,
      description: 'Quality of the candidate; null without labels and for a VALUE.',
      resolve: (of, _, context) => evaluatedOrNull(context, of.judged?.candidate ?? null),
    }),
    scoreCorrelation: t.float({
      nullable: true,
      description: 'Pearson correlation of the two scores; null where either is constant.',
      resolve: async (of, _, context) => orNull((await comparisonOf(context, of)).value.scoreCorrelation),
    }),
    meanAbsoluteDifference: t.float({
      description: 'Mean over rows of the absolute difference of the two scores.',
      resolve: async (of, _, context) => (await comparisonOf(context, of)).value.meanAbsoluteDifference,
    }),
    flipRate: t.float({
      nullable: true,
      description:
        'Share of the rows that the two put on different sides of a threshold; a score that equals it is above.',
      args: { threshold: t.arg.float({ defaultValue: 0.5, description: 'The threshold of the score.' }) },
      resolve: (of, { threshold }, context) => flipRateOf(context, of, threshold ?? 0.5),
    }),
    score: t.field({
      type: DistributionShift,
      description: 'How far the candidate’s scores lie from the base’s.',
      resolve: (of, _, context) => scoreShiftOf(context, of),
    }),
    saliencyRankCorrelation: t.float({
      nullable: true,
      description:
        'Spearman correlation of the saliency scores of the features that both models have, by name; null with fewer than two of them.',
      resolve: (of, _, context) => saliencyAgreementOf(context, of),
    }),
    similarity: t.field({
      type: SimilarityMatrix,
      nullable: true,
      description: 'Linear CKA of every layer of the base with every layer of the candidate.',
      resolve: async ({ candidate, base, rows }, _, context) => ({
        base,
        candidate,
        answer: await similarityOf(context, candidate, base, rows),
      }),
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be; the model is the candidate.',
      resolve: async (of, _, context) => (await comparisonOf(context, of)).provenance,
    }),
  }),
});

builder.objectField(Model, 'comparison', (t) =>
  t.field({
    type: Comparison,
    nullable: true,
    description: 'A comparison with another model on the same rows: this model is the candidate, `with` the base.',
    args: {
      with: t.arg({
        type: ModelInput,
        required: true,
        description: 'The base: another model, or another version of this one.',
      }),
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows that both models take.' }),
      ...judgedByArguments(t.arg, 'Another output of both, e.g. another head.'),
    },
    resolve: async (candidate, { with: other, rows, target, label }, context) =>
      comparedModels(context, { candidate, base: await modelAsked(context, other), rows }, { target, label }),
  }),
);
