import { layerNamed, layersOf } from '../../questions/structure.ts';
import { getModelById } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import { connectionType, pageArguments } from '../builder/connection-types.ts';
import { idParts, partsId } from '../builder/ids.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { LayerKind } from '../shared/enums.ts';
import { Layer, Model, Neuron } from '../shared/references.ts';
import { TensorSpec } from '../shared/tensor.ts';
import { momentsAsked } from './layer-questions.ts';
import { LayerStatistics } from './layer-statistics.ts';
import { NeuronConnection, NeuronFilter, NeuronOrder, neuronsOf } from './neurons.ts';

builder.node(Layer, {
  description:
    'A tensor that people would call a layer’s output. An activation belongs to the layer that it activates (a dense layer’s output is the tensor after its ReLU); bookkeeping operators (shape, reshape, cast, slice of ids) are no layers.',
  id: { resolve: ({ model, layer }) => partsId([model.id, layer.name]) },
  async loadWithoutCache(id, { database }) {
    const parts = idParts(id);
    const model = parts && (await getModelById(database.db, String(parts[0])));
    return model ? layerNamed(model, parts[1]) : null;
  },
  fields: (t) => ({
    model: t.field({ type: Model, description: 'The model that it is part of.', resolve: ({ model }) => model }),
    name: t.string({
      description: 'The name of its output tensor: unique in the model.',
      resolve: ({ layer }) => layer.name,
    }),
    index: t.int({ description: 'Position in topological order, from 0.', resolve: ({ layer }) => layer.index }),
    kind: t.field({ type: LayerKind, description: 'What it does.', resolve: ({ layer }) => layer.kind }),
    operators: t.stringList({
      description: 'The operators that it is made of, in topological order.',
      resolve: ({ layer }) => [...layer.operators],
    }),
    activation: t.string({
      nullable: true,
      description: 'Its activation, e.g. relu, sigmoid, gelu; null where there is none.',
      resolve: ({ layer }) => layer.activation,
    }),
    units: t.int({
      description: 'Number of neurons: the size of the last axis of `output` (of axis 1 for convolutions).',
      resolve: ({ layer }) => layer.units,
    }),
    parameterCount: t.field({
      type: 'SafeInt',
      description: 'Number of weights that it reads, of any type; scales and zero points are none.',
      resolve: ({ layer }) => layer.parameterCount,
    }),
    output: t.field({ type: TensorSpec, description: 'Its output tensor.', resolve: ({ layer }) => layer.output }),
    inputs: t.field({
      type: [Layer],
      description: 'Layers whose outputs it reads, directly or through bookkeeping operators.',
      resolve: ({ model, layer }) => layersOf(model).filter((other) => layer.inputs.includes(other.layer.name)),
    }),
    outputs: t.field({
      type: [Layer],
      description: 'Layers that read its output.',
      resolve: ({ model, layer }) => layersOf(model).filter((other) => other.layer.inputs.includes(layer.name)),
    }),
    statistics: t.field({
      type: LayerStatistics,
      nullable: true,
      description: 'What its neurons do on these rows.',
      args: { rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }) },
      resolve: (layer, { rows }, context, info) => momentsAsked({ ...layer, rows }, context, info, [[], ['neurons']]),
    }),
    neurons: t.field({
      type: NeuronConnection,
      nullable: true,
      description:
        'Neurons may be filtered and ordered by their statistics on `rows`, which the edges then carry. Otherwise they are in order of their index.',
      args: {
        rows: t.arg({ type: RowsInput, description: 'Rows of a dataset, for statistics.' }),
        ...pageArguments(t.arg, '50 unless said, at most 1,000'),
        first: t.arg.int({ defaultValue: 50, description: 'This many from the start: at most 1,000.' }),
        orderBy: t.arg({
          type: NeuronOrder,
          description: 'A statistic to order by; it needs `rows` unless it is INDEX.',
        }),
        where: t.arg({ type: NeuronFilter, description: 'Only neurons like this; it needs `rows`.' }),
      },
      resolve: (layer, args, context, info) => neuronsOf(layer, args, context, info),
    }),
    neuron: t.field({
      type: Neuron,
      nullable: true,
      description: 'The neuron at this position; null when the layer has fewer.',
      args: { index: t.arg.int({ required: true, description: 'Position in the layer, from 0.' }) },
      resolve: ({ model, layer }, { index }) =>
        index >= 0 && index < layer.units ? { model, layer, unit: index } : null,
    }),
  }),
});

export const { connection: LayerConnection } = connectionType('Layer', Layer);
