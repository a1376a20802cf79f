import { conductanceOf, type NeuronConductance, neuronConductances } from '../../questions/attributions/conductance.ts';
import { finiteGaps } from '../../questions/attributions/convergence.ts';
import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { Layer, Neuron } from '../shared/references.ts';
import { TargetInput } from '../shared/target.ts';
import { AttributionOptions } from './attribution-options.ts';
import { Convergence } from './convergence.ts';

const NeuronAttribution = builder.objectRef<NeuronConductance>('NeuronAttribution').implement({
  description: 'What passes through a neuron on the way from the baseline to a row.',
  fields: (t) => ({
    neuron: t.field({
      type: Neuron,
      description: 'The neuron that is meant.',
      resolve: ({ model, layer, unit }) => ({ model, layer, unit }),
    }),
    mean: t.exposeFloat('mean', { description: 'Mean over rows, with its sign.' }),
    meanAbsolute: t.exposeFloat('meanAbsolute', { description: 'Mean over rows of the absolute value.' }),
  }),
});

builder.objectFields(Layer, (t) => {
  const args = {
    rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset.' }),
    options: t.arg({
      type: AttributionOptions,
      description: 'Intervals of the way as `steps`, 50 unless said, and where it starts as `baseline`.',
    }),
    target: t.arg({ type: TargetInput, description: 'What is explained: the score’s logit when omitted.' }),
  };
  return {
    conductance: t.field({
      type: [NeuronAttribution],
      nullable: true,
      description:
        'How much of the way from the baseline to the rows passes through each neuron, in unit order; summed over positions. Of a layer that everything passes through, the sum is f(x) - f(baseline), to the gap of conductanceConvergence.',
      args,
      resolve: async (of, asked, context) => neuronConductances(of, (await conductanceOf(context, of, asked)).value),
    }),
    conductanceConvergence: t.field({
      type: Convergence,
      nullable: true,
      description:
        'The gap of the same question between the sum over neurons and f(x) - f(baseline): large where part of the way leads past this layer, or where steps are few.',
      args,
      resolve: async (of, asked, context) => finiteGaps((await conductanceOf(context, of, asked)).value.completeness),
    }),
  };
});
