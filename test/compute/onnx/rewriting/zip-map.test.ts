import { expect, test } from 'vitest';
import { tensor } from '../../../../src/compute/program.ts';
import { float32 } from '../../../../src/compute/tensor.ts';
import { modelOf, opened, run, valuesOf } from '../models.ts';

test('a map from classes to probabilities is the tensor of the probabilities', async () => {
  const model = await opened(
    modelOf({
      inputs: { x: ['float32', [null, 2]] },
      nodes: [
        ['Softmax', 'x', 'probabilities', { axis: 1 }],
        ['ai.onnx.ml:ZipMap', 'probabilities', 'output_probability', { classlabels_strings: ['no', 'yes'] }],
      ],
      outputs: 'output_probability',
    }),
  );
  expect(model.graph.outputs).toEqual([{ name: 'output_probability', dtype: 'float32', shape: [null, 2] }]);
  const { found } = await run(
    model,
    { outputs: { found: tensor('output_probability') } },
    { x: float32([1, 2], [3, 3]) },
  );
  expect(valuesOf(found)).toEqual([0.5, 0.5]);
});
