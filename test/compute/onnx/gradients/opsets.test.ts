// @module-tag slow
import { describe, test } from 'vitest';
import { int64 } from '../../../../src/compute/tensor.ts';
import { above, bool, float64, some } from './numbers.ts';
import { expectExact, type Trial } from './trial.ts';

const opsets = [7, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 20, 21, 23];
const x = some([2, 3]);
const float = (value: number) => ({ float: value });

/** Operators that are written alike in all opsets from `since` to `until`. */
const written: readonly (Trial & { since?: number; until?: number })[] = [
  { operator: 'Add', inputs: [x, some([3])] },
  { operator: 'Sub', inputs: [x, some([2, 1])] },
  { operator: 'Mul', inputs: [x, some([])] },
  { operator: 'Div', inputs: [x, above([3])] },
  { operator: 'Pow', inputs: [above([2, 3]), some([3])] },
  { operator: 'Pow', inputs: [x, float64([], [3])], wanted: [0] },
  { operator: 'Abs', inputs: [x] },
  { operator: 'Relu', inputs: [x] },
  { operator: 'Elu', inputs: [x], single: true },
  { operator: 'LeakyRelu', inputs: [x], single: true },
  { operator: 'PRelu', inputs: [x, some([3])], single: true },
  { operator: 'Selu', inputs: [x], single: true },
  { operator: 'HardSigmoid', inputs: [x], single: true },
  { operator: 'Clip', inputs: [x], attributes: { min: float(-0.5), max: float(0.5) }, until: 10, single: true },
  { operator: 'Clip', inputs: [x, float64([], [-0.5]), float64([], [0.5])], since: 12 },
  { operator: 'Max', inputs: [x, some([3])], since: 8 },
  { operator: 'Softmax', inputs: [x], attributes: { axis: 1 } },
  { operator: 'LogSoftmax', inputs: [x], attributes: { axis: 1 } },
  { operator: 'Where', inputs: [bool([3], [1, 0, 1]), x, some([2, 1])], since: 9 },
  { operator: 'MatMul', inputs: [x, some([3, 2])] },
  { operator: 'Gemm', inputs: [x, some([3, 2]), some([2])] },
  { operator: 'Einsum', inputs: [x, some([3, 2])], attributes: { equation: 'ij,jk->ki' }, since: 12 },
  { operator: 'Reshape', inputs: [x, int64([2], [3, 2])] },
  { operator: 'Flatten', inputs: [some([2, 3, 2])] },
  { operator: 'Transpose', inputs: [x] },
  { operator: 'Squeeze', inputs: [some([2, 1, 3])], attributes: { axes: [1] }, until: 12 },
  { operator: 'Unsqueeze', inputs: [x], attributes: { axes: [1] }, until: 12 },
  { operator: 'Expand', inputs: [some([2, 1]), int64([2], [2, 3])], since: 8 },
  { operator: 'Tile', inputs: [x, int64([2], [2, 3])] },
  { operator: 'Concat', inputs: [x, some([2, 1])], attributes: { axis: 1 } },
  { operator: 'Split', inputs: [x], attributes: { axis: 1, split: [1, 2] }, outputCount: 2, targets: [1], until: 12 },
  {
    operator: 'Split',
    inputs: [x, int64([2], [1, 2])],
    attributes: { axis: 1 },
    outputCount: 2,
    targets: [1],
    since: 13,
  },
  { operator: 'Slice', inputs: [x], attributes: { starts: [1], ends: [3], axes: [1] }, until: 9 },
  { operator: 'Slice', inputs: [x, int64([1], [1]), int64([1], [3]), int64([1], [1])], since: 10 },
  { operator: 'Gather', inputs: [x, int64([], [1])], attributes: { axis: 1 } },
  { operator: 'Gather', inputs: [x, int64([2], [2, 2])], attributes: { axis: 1 }, since: 16 },
  { operator: 'TopK', inputs: [x, int64([1], [2])], outputCount: 2, since: 10 },
  { operator: 'ReduceSum', inputs: [x] },
  { operator: 'ReduceSum', inputs: [x], attributes: { axes: [1], keepdims: 0 }, until: 12 },
  { operator: 'ReduceMean', inputs: [x], attributes: { axes: [1], keepdims: 0 }, until: 17 },
  { operator: 'ReduceMean', inputs: [x, int64([1], [1])], attributes: { keepdims: 0 }, since: 18 },
  { operator: 'ReduceMax', inputs: [x], attributes: { axes: [1] }, until: 17, since: 8 },
  { operator: 'BatchNormalization', inputs: [x, some([3]), some([3]), some([3]), above([3])] },
  { operator: 'InstanceNormalization', inputs: [some([2, 3, 4]), some([3]), some([3])], single: true },
  { operator: 'LayerNormalization', inputs: [x, some([3]), some([3])], since: 17 },
  { operator: 'Conv', inputs: [some([1, 2, 5]), some([2, 2, 3]), some([2])], single: true },
  { operator: 'GlobalAveragePool', inputs: [some([1, 2, 5])], single: true },
  { operator: 'AveragePool', inputs: [some([1, 2, 5])], attributes: { kernel_shape: [2] }, single: true },
  {
    operator: 'MaxPool',
    inputs: [some([1, 2, 4])],
    attributes: { kernel_shape: [2], strides: [2] },
    since: 11,
    single: true,
  },
  {
    operator: 'GRU',
    inputs: [some([2, 1, 3]), some([1, 6, 3]), some([1, 6, 2])],
    attributes: { hidden_size: 2 },
    single: true,
  },
];

describe.each(opsets)('in opset %i', (opset) => {
  const lines = written.filter(({ since = 7, until = 25 }) => since <= opset && opset <= until);
  test.each(lines.map((line): [string, Trial] => [line.operator, line]))('%s', async (_, line) => {
    await expectExact({ ...line, opset });
  });
});
