import { describe, test } from 'vitest';
import { int64 } from '../../../../../src/compute/tensor.ts';
import { above, float64, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const list = (...values: number[]) => int64([values.length], values);
const x = some([2, 3, 4]);

describe('the gradient of', () => {
  test.each([
    trial('ReduceSum', [x, list(0, -1)]),
    trial('ReduceSum', [x, list(1)], { attributes: { keepdims: 0 } }),
    trial('ReduceSum', [x]),
    trial('ReduceSum', [x], { attributes: { noop_with_empty_axes: 1 } }),
    trial('ReduceSum', [x], { opset: 11, attributes: { axes: [1], keepdims: 0 } }),
    trial('ReduceMean', [x, list(1)], { attributes: { keepdims: 0 } }),
    trial('ReduceMean', [x], { opset: 13, attributes: { axes: [-1] } }),
    trial('ReduceMax', [x, list(1, 2)], { attributes: { keepdims: 0 } }),
    trial('ReduceMin', [x, list(1)]),
    trial('ReduceProd', [x, list(0, 2)], { attributes: { keepdims: 0 }, single: true }),
    trial('ReduceProd', [float64([2, 3], [0, 2, 3, 0, 0, 4]), list(1)], { single: true }),
    trial('ReduceL1', [x, list(1)], { single: true }),
    trial('ReduceL2', [x, list(1)], { attributes: { keepdims: 0 }, single: true }),
    trial('ReduceSumSquare', [x, list(1)], { attributes: { keepdims: 0 } }),
    trial('ReduceLogSum', [above([2, 3, 4]), list(1)], { single: true }),
    trial('ReduceLogSumExp', [x, list(1)], { attributes: { keepdims: 0 } }),
  ])('%s agrees with differences', async (_, given) => {
    await expectExact(given);
    if (given.opset === undefined && given.operator !== 'ReduceProd') await expectExact({ ...given, dynamic: true });
  });

  test('ReduceSum agrees with differences where its axes come with the batch', async () => {
    await expectExact({ operator: 'ReduceSum', inputs: [x, list(1)], fed: true });
  });
});
