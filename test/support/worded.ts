import type { ModelProto } from '../../src/compute/onnx/proto/onnx_pb.js';
import { float32, int64 } from '../../src/compute/tensor.ts';
import { modelOf } from '../compute/onnx/models.ts';

const encoder = { keys_strings: ['red', 'green', '7'], values_int64s: [1, 2, 3], default_int64: 0 };

/** logit = worth(word) + x: words are texts of the model; red is worth 1, green 2, 7 is worth 4, any other 0. */
export const worded = (): ModelProto =>
  modelOf({
    inputs: { word: ['string', [null, 1]], x: ['float32', [null, 1]] },
    weights: {
      table: float32([4, 2], [0, 0, 1, 0, 0, 2, 3, 1]),
      flat: int64([2], [-1, 2]),
      ones: float32([2, 1], [1, 1]),
    },
    nodes: [
      ['ai.onnx.ml:LabelEncoder', 'word', 'coded', encoder],
      ['Gather', 'table coded', 'looked'],
      ['Reshape', 'looked flat', 'vector'],
      ['MatMul', 'vector ones', 'worth'],
      ['Add', 'worth x', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });

/** logit = worth(first) + 10 worth(second), of two texts side by side. */
export const twoWorded = (): ModelProto =>
  modelOf({
    inputs: { words: ['string', [null, 2]] },
    weights: { table: float32([4], [0, 1, 2, 4]), w: float32([2, 1], [1, 10]) },
    nodes: [
      ['ai.onnx.ml:LabelEncoder', 'words', 'coded', encoder],
      ['Gather', 'table coded', 'worths'],
      ['MatMul', 'worths w', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });

/** logit = entry(number), of a text that the model itself makes a number of: entries 0, 1, 2 are 5, 7, 9. */
export const spelled = (): ModelProto =>
  modelOf({
    inputs: { number: ['string', [null, 1]] },
    weights: { entries: float32([3, 1], [5, 7, 9]), flat: int64([2], [-1, 1]) },
    nodes: [
      ['Cast', 'number', 'id', { to: 7 }],
      ['Gather', 'entries id', 'entry'],
      ['Reshape', 'entry flat', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });

/** logit = worth(word) of one axis, upper and lower case alike. */
export const cased = (): ModelProto =>
  modelOf({
    inputs: { word: ['string', [null]] },
    weights: { table: float32([4], [0, 1, 2, 4]) },
    nodes: [
      ['StringNormalizer', 'word', 'lower', { case_change_action: 'LOWER', locale: 'C' }],
      ['ai.onnx.ml:LabelEncoder', 'lower', 'coded', encoder],
      ['Gather', 'table coded', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });
