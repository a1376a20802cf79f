import { examplesOf } from '../../questions/layers/examples.ts';
import { layerNamed } from '../../questions/structure.ts';
import { getModelById } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import { idParts, partsId } from '../builder/ids.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { Layer, Neuron } from '../shared/references.ts';
import { Example } from './examples.ts';
import { momentsAsked } from './layer-questions.ts';
import { NeuronStatistics } from './neuron-statistics.ts';

builder.node(Neuron, {
  description: 'One unit of a layer.',
  id: { resolve: ({ model, layer, unit }) => partsId([model.id, layer.name, unit]) },
  async loadWithoutCache(id, { database }) {
    const parts = idParts(id);
    const model = parts && (await getModelById(database.db, String(parts[0])));
    const of = model ? layerNamed(model, parts[1]) : null;
    const unit = Number(parts?.[2]);
    return of !== null && Number.isInteger(unit) && unit >= 0 && unit < of.layer.units ? { ...of, unit } : null;
  },
  fields: (t) => ({
    layer: t.field({
      type: Layer,
      description: 'The layer that it is part of.',
      resolve: ({ model, layer }) => ({ model, layer }),
    }),
    index: t.int({ description: 'Position in the layer, from 0.', resolve: ({ unit }) => unit }),
    statistics: t.field({
      type: NeuronStatistics,
      nullable: true,
      description: 'What it does on these rows.',
      args: { rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }) },
      resolve: async (neuron, { rows }, context, info) => ({
        ...(await momentsAsked({ ...neuron, rows }, context, info)),
        unit: neuron.unit,
      }),
    }),
    topExamples: t.field({
      type: [Example],
      nullable: true,
      description: 'The rows on which this neuron is strongest, with their feature values; ties by row index.',
      args: {
        rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
        first: t.arg.int({ defaultValue: 10, description: 'How many rows, up to 100.' }),
      },
      resolve: (neuron, { rows, first }, context) => examplesOf(context, neuron, rows, first ?? 10),
    }),
  }),
});
