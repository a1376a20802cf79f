import type { TensorSpec as Spec } from '../../compute/tensor.ts';
import { builder } from '../builder/builder.ts';

export const TensorSpec = builder.objectRef<Spec>('TensorSpec').implement({
  description: 'Name, element type and shape of a tensor of a model.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Name of the tensor, as in the model file.' }),
    dtype: t.exposeString('dtype', { description: 'Element type, e.g. float32, int64.' }),
    shape: t.field({
      type: ['Int'],
      nullable: { list: false, items: true },
      description: 'Size of each axis; null where the dimension is dynamic.',
      resolve: ({ shape }) => shape,
    }),
  }),
});
