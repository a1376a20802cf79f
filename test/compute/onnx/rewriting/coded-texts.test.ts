import { expect, test } from 'vitest';
import { valueInfoOf } from '../../../../src/compute/onnx/tensors.ts';
import { constant, gather, tensor } from '../../../../src/compute/program.ts';
import { float32, int64 } from '../../../../src/compute/tensor.ts';
import { graphOf, modelOf, opened, valuesOf } from '../models.ts';

const encoder = { keys_strings: ['red', 'green'], values_int64s: [1, 2], default_int64: 0 };

test('a text is its place in a list that comes with the batch, and programs move it like an id', async () => {
  const model = await opened(
    modelOf({
      inputs: { word: ['string', [null, 1]] },
      nodes: [
        ['ai.onnx.ml:LabelEncoder', 'word', 'coded', encoder],
        ['Cast', 'coded', 'score', { to: 1 }],
      ],
      outputs: 'score',
    }),
  );
  const { inputs, texts, tensors } = model.graph;
  expect(inputs).toEqual([{ name: 'word', dtype: 'int64', shape: [null, 1] }]);
  expect(texts).toEqual({ inputs: ['word'], list: 'texts' });
  expect(tensors.map(({ name }) => name)).not.toContain('texts');
  const compiled = await model.compile({
    outputs: { score: tensor('score') },
    overrides: { word: gather(tensor('word'), constant(int64([4], [3, 2, 1, 0])), 0) },
  });
  const places = int64([4, 1], [2, 0, 1, 2]);
  const textList = ['green', 'blue', 'red'];
  const { score } = await compiled.run({ rowCount: 4, inputs: { word: places }, textList, rowValues: {} }, {});
  expect(valuesOf(score)).toEqual([1, 0, 2, 1]);
  await compiled.close();
});

test('texts are read by name inside of the branches of an If, and as one-hot numbers', async () => {
  const branch = (operator: string) => {
    const body = graphOf({
      inputs: {},
      nodes: [
        ['ai.onnx.ml:OneHotEncoder', 'word', 'hot', { cats_strings: ['red', 'green'], zeros: 1 }],
        [operator, 'hot', `${operator}/out`],
      ],
      outputs: '',
    });
    body.output = [valueInfoOf(`${operator}/out`, 'float32', [null, 1, 2])];
    return { graph: body };
  };
  const model = await opened(
    modelOf({
      inputs: { word: ['string', [null, 1]], x: ['float32', [null, 1]] },
      weights: { none: float32([], [0]), all: int64([2], [0, 1]) },
      nodes: [
        ['ReduceSum', 'x all', 'sum', { keepdims: 0 }],
        ['Greater', 'sum none', 'positive'],
        ['If', 'positive', 'score', { then_branch: branch('Identity'), else_branch: branch('Neg') }],
      ],
      outputs: 'score',
    }),
  );
  const compiled = await model.compile({ outputs: { score: tensor('score') } });
  const inputs = { word: int64([2, 1], [1, 0]), x: float32([2, 1], [1, -3]) };
  const { score } = await compiled.run({ rowCount: 2, inputs, textList: ['green', 'red'], rowValues: {} }, {});
  expect(valuesOf(score).map((value) => value + 0)).toEqual([-1, 0, 0, -1]);
  await compiled.close();
});
