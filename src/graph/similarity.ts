import { type SimilarityResult, similarity } from '../analysis/similarity/similarity.ts';
import { badUserInput } from '../errors.ts';
import type { Answer } from '../planner/question.ts';
import { similarityPlot } from '../plots/similarity.ts';
import { ask, type RowsArgument } from '../questions/ask.ts';
import { suggestionFor } from '../similar.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { layerNamed } from './layer.ts';
import { ModelInput, modelAsked } from './model-input.ts';
import { orNull } from './number.ts';
import { Provenance } from './provenance.ts';
import { Layer, type LayerOfModel, Model } from './references.ts';
import { RowsInput } from './rows-input.ts';

interface SimilarityOfModels {
  readonly base: ModelRow;
  readonly candidate: ModelRow;
  readonly answer: Answer<SimilarityResult>;
}

const layersNamed = (model: ModelRow, names: readonly string[]): LayerOfModel[] =>
  names.map((name) => layerNamed(model, name) as LayerOfModel);

const valuesOf = ({ answer: { value } }: SimilarityOfModels): (number | null)[][] => {
  const width = value.candidate.length;
  return value.base.map((_, at) => Array.from(value.values.subarray(at * width, (at + 1) * width), orNull));
};

const titleOf = ({ name, version }: ModelRow): string => `${name} ${version}`;

export const SimilarityMatrix = builder.objectRef<SimilarityOfModels>('SimilarityMatrix').implement({
  description:
    'Linear CKA between layers (Kornblith et al. 2019): 1 where one is a rotation and scaling of the other, 0 where no unit of one goes with any of the other.',
  fields: (t) => ({
    baseLayers: t.field({
      type: [Layer],
      description: 'Of the rows, in topological order.',
      resolve: ({ base, answer }) => layersNamed(base, answer.value.base),
    }),
    candidateLayers: t.field({
      type: [Layer],
      description: 'Of the columns, in topological order.',
      resolve: ({ candidate, answer }) => layersNamed(candidate, answer.value.candidate),
    }),
    values: t.field({
      type: t.listRef(t.listRef('Float', { nullable: true })),
      description:
        'A row for each base layer; null where a layer is constant or not finite, or has its rows and positions on one axis.',
      resolve: valuesOf,
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'A heat map.',
      resolve(of) {
        const { base, candidate } = of.answer.value;
        return similarityPlot({
          base: { model: titleOf(of.base), layers: base },
          candidate: { model: titleOf(of.candidate), layers: candidate },
          values: valuesOf(of),
        });
      },
    }),
    provenance: t.field({
      type: Provenance,
      description: 'How this came to be; the model is the candidate.',
      resolve: ({ answer }) => answer.provenance,
    }),
  }),
});

/** Every layer of the base with every layer of the candidate, over rows that both take. */
export async function similarityOf(
  candidate: ModelRow,
  base: ModelRow,
  rows: RowsArgument,
  context: Context,
): Promise<SimilarityOfModels> {
  const about = { model: candidate, rows, ...(base.id !== candidate.id && { base }) };
  return { base, candidate, answer: await ask(context, similarity, {}, about) };
}

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
    resolve: async (model, { rows, with: other }, context) =>
      similarityOf(model, other == null ? model : await modelAsked(context, other), rows, context),
  }),
);

/** Throws BAD_USER_INPUT for a layer that the model does not have. */
function layerAsked(model: ModelRow, name: string): LayerOfModel {
  const found = layerNamed(model, name);
  if (found !== null) return found;
  const names = model.graph.layers.map((layer) => layer.name);
  const { words, data } = suggestionFor(name, names);
  throw badUserInput('layer', `The model ${titleOf(model)} has no layer “${name}”.${words}`, data);
}

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
    async resolve({ model, layer }, args, context) {
      const base = args.model == null ? model : await modelAsked(context, args.model);
      const { layer: other } = layerAsked(base, args.layer);
      const isOne = base.id === model.id;
      // Within a model, the same two layers are the same question in either order.
      const [one, two] = isOne && other.index > layer.index ? [layer, other] : [other, layer];
      const spec = { base: one.name, candidate: two.name };
      const about = { model, rows: args.rows, ...(!isOne && { base }) };
      const { value } = await ask(context, similarity, spec, about);
      return orNull(value.values[0] as number);
    },
  }),
);
