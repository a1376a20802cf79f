import type { SimilarityResult } from '../../analysis/similarity/similarity.ts';
import type { Answer } from '../../planner/question.ts';
import { similarityPlot } from '../../plots/similarity.ts';
import { similarityBetween, similarityLines, similarityOf } from '../../questions/layers/similarities.ts';
import { type LayerOfModel, layerAsked, layerNamed, titleOf } from '../../questions/structure.ts';
import type { ModelRow } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { ModelInput, modelAsked } from '../models/model-input.ts';
import { Provenance } from '../shared/provenance.ts';
import { Layer, Model } from '../shared/references.ts';

interface SimilarityOfModels {
  readonly base: ModelRow;
  readonly candidate: ModelRow;
  readonly answer: Answer<SimilarityResult>;
}

const layersNamed = (model: ModelRow, names: readonly string[]): LayerOfModel[] =>
  names.map((name) => layerNamed(model, name) as LayerOfModel);

export const SimilarityMatrix = builder.objectRef<SimilarityOfModels>('SimilarityMatrix').implement({
  description:
    'Linear CKA between layers (Kornblith et al. 2019): 1 where one is a rotation and scaling of the other, 0 where no unit of one goes with any of the other.',
  fields: (t) => ({
    baseLayers: t.field({
      type: [Layer],
      description: 'Layers of the rows of the matrix, in topological order.',
      resolve: ({ base, answer }) => layersNamed(base, answer.value.base),
    }),
    candidateLayers: t.field({
      type: [Layer],
      description: 'Layers of the columns of the matrix, in topological order.',
      resolve: ({ candidate, answer }) => layersNamed(candidate, answer.value.candidate),
    }),
    values: t.field({
      type: t.listRef(t.listRef('Float', { nullable: true })),
      description:
        'A row for each base layer; null where a layer is constant or not finite, or has its rows and positions on one axis.',
      resolve: ({ answer }) => similarityLines(answer.value),
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'A heat map of the matrix.',
      resolve: ({ base, candidate, answer: { value } }) =>
        similarityPlot({
          base: { model: titleOf(base), layers: value.base },
          candidate: { model: titleOf(candidate), layers: value.candidate },
          values: similarityLines(value),
        }),
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be; the model is the candidate.',
      resolve: ({ answer }) => answer.provenance,
    }),
  }),
});

builder.objectField(Model, 'similarity', (t) =>
  t.field({
    type: SimilarityMatrix,
    nullable: true,
    description:
      'Linear CKA of every layer with every layer of this model, or of `with` (then the base; this model the candidate). Over observations where two layers have equally many positions, else over the mean of each row’s positions.',
    args: {
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows that both models take.' }),
      with: t.arg({ type: ModelInput, description: 'Another model, or another version of this one.' }),
    },
    async resolve(candidate, { rows, with: other }, context) {
      const base = other == null ? candidate : await modelAsked(context, other);
      return { base, candidate, answer: await similarityOf(context, candidate, base, rows) };
    },
  }),
);

builder.objectField(Layer, 'similarity', (t) =>
  t.float({
    nullable: true,
    description:
      'Linear CKA between this layer’s representation and another’s, on the same rows; of this model unless `model` is given. Over observations where both have equally many positions, else over the mean of each row’s positions; null where either is constant.',
    args: {
      layer: t.arg.string({ required: true, description: 'Name of the other layer.' }),
      model: t.arg({ type: ModelInput, description: 'The model of the other layer.' }),
      rows: t.arg({ type: RowsInput, required: true, description: 'Rows that both models take.' }),
    },
    async resolve(layer, args, context) {
      const base = args.model == null ? layer.model : await modelAsked(context, args.model);
      return similarityBetween(context, layer, layerAsked(base, args.layer), args.rows);
    },
  }),
);
