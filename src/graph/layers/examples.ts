import type { ExampleOfNeuron } from '../../questions/layers/examples.ts';
import { builder } from '../builder/builder.ts';
import { Row } from '../datasets/dataset.ts';

export const Example = builder.objectRef<ExampleOfNeuron>('Example').implement({
  description: 'A row and what a neuron makes of it.',
  fields: (t) => ({
    row: t.field({ type: Row, description: 'The row, with its values.', resolve: ({ row }) => row }),
    activation: t.exposeFloat('activation', { description: 'Activation of the neuron, at its strongest position.' }),
    score: t.exposeFloat('score', { description: 'The score of the model.' }),
  }),
});
