import { describe, expect, test } from 'vitest';
import { int64 } from '../../../../../src/compute/tensor.ts';
import { bool, float64, int32, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const list = (...values: number[]) => int64([values.length], values);
const x = some([4, 5, 3]);

describe('the gradient of', () => {
  test.each([
    trial('Slice', [x, list(1, 0), list(3, -1), list(0, 1)]),
    trial('Slice', [x, list(-2), list(2 ** 40), list(-1)]),
    trial('Slice', [x, list(1, 3), list(4, 5)]),
    trial('Slice', [x, list(4, -1), list(0, -6), list(1, 0), list(-2, -1)]),
    trial('Slice', [x, list(3), list(1), list(1)]),
    trial('Slice', [x], { opset: 9, attributes: { starts: [1], ends: [3], axes: [1] } }),
    trial('Gather', [x, list(0, 3, 3, -1)]),
    trial('Gather', [x, int64([2, 2], [4, 0, 0, 1])], { attributes: { axis: 1 } }),
    trial('Gather', [x, int64([], [-1])], { attributes: { axis: 1 } }),
    trial('Gather', [x, list(1, 2, 3)], { attributes: { axis: 1 }, opset: 10 }),
    trial('Gather', [x, list(3, -4)], { attributes: { axis: 1 }, opset: 10 }),
    trial('Gather', [x, list(4, 1, 0, 3, 2)], { attributes: { axis: 1 }, opset: 7 }),
    trial('GatherElements', [some([3, 2]), int64([2, 2], [2, 0, 2, -1])]),
    trial('GatherND', [x, int64([2, 2], [0, 1, 0, 1])]),
    trial('GatherND', [x, int64([4, 1], [0, 1, 4, 4])], { attributes: { batch_dims: 1 } }),
    trial('Compress', [x, bool([5], [1, 0, 0, 1, 1])], { attributes: { axis: 1 } }),
    trial('Compress', [some([2, 3]), bool([5], [1, 0, 0, 1, 1])]),
    trial('TopK', [some([3, 5]), list(2)], { outputCount: 2 }),
    trial('TopK', [some([3, 5]), list(2)], { outputCount: 2, opset: 10, attributes: { axis: 0 } }),
    trial('ReverseSequence', [some([4, 3]), list(2, 4, 1)]),
    trial('CumSum', [some([4, 3]), int64([], [0])]),
    trial('CumSum', [some([4, 3]), int64([], [1])], { attributes: { exclusive: 1, reverse: 1 } }),
    trial('Trilu', [some([3, 4]), int64([], [1])], { attributes: { upper: 0 } }),
    trial('OneHot', [list(0, 2, 1), int64([], [3]), some([2])], { single: true }),
    trial('ScatterND', [x, int64([2, 1], [3, 1]), some([2, 5, 3])]),
    trial('ScatterND', [x, int64([2, 2], [3, 1, 3, 1]), some([2, 3])], { attributes: { reduction: 'add' } }),
    trial('ScatterElements', [some([3, 2]), int64([1, 2], [2, 0]), some([1, 2])]),
    trial('ScatterElements', [some([3, 2]), int64([2, 2], [2, 0, 2, 1]), some([2, 2])], {
      attributes: { reduction: 'add' },
    }),
    trial('ScatterElements', [some([3, 2]), int64([3, 1], [1, 0, 1]), some([3, 1])], { attributes: { axis: 1 } }),
    trial('Scatter', [some([3, 2]), int64([1, 2], [2, 0]), some([1, 2])], { opset: 10, wanted: [0] }),
  ])('%s agrees with differences', async (_, given) => await expectExact(given));

  test.each([
    trial('Gather', [x, int32([4], [0, 3, 3, -1])]),
    trial('Gather', [x, int32([2, 2], [4, 0, 0, -1])], { attributes: { axis: 1 } }),
    trial('Gather', [x, int32([], [-1])], { attributes: { axis: 1 } }),
    trial('GatherElements', [some([3, 2]), int32([2, 2], [2, 0, 2, -1])]),
    trial('ScatterElements', [some([3, 2]), int32([1, 2], [2, 0]), some([1, 2])]),
    trial('Slice', [x, int32([2], [1, 0]), int32([2], [3, -1]), int32([2], [0, 1])]),
    trial('CumSum', [some([4, 3]), int32([], [0])]),
    trial('OneHot', [int32([3], [0, 2, 1]), int32([], [3]), some([2])], { single: true }),
  ])('%s agrees with differences where its places are of int32, as Keras has them', async (_, given) => {
    await expectExact(given);
    await expectExact({ ...given, fed: true, dynamic: true });
  });

  test.each([
    trial('Slice', [x, list(1, 0), list(3, -1), list(0, 1)]),
    trial('Slice', [x, list(0), list(-1), list(1)]),
    trial('Gather', [x, list(0, 3, 3, -1)], { attributes: { axis: 1 } }),
    trial('GatherND', [x, int64([2, 2], [0, 1, 0, 1])]),
    trial('ScatterND', [x, int64([2, 1], [3, 1]), some([2, 5, 3])]),
  ])('%s agrees with differences where sizes come with the batch', async (_, given) => {
    await expectExact({ ...given, dynamic: true, fed: true });
  });
});

test('an old opset that cannot add at places says so', async () => {
  const [, given] = trial('Gather', [x, list(0, 3, 3)], { opset: 13 });
  await expect(expectExact(given)).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operator: 'Gather', node: 'node' },
    message: expect.stringContaining('opset 16'),
  });
});

test('a table looked up ten thousand times at once adds up every one', async () => {
  const places = int64(
    [10_000],
    Array.from({ length: 10_000 }, (_, at) => (at % 3 === 0 ? 1 : 0)),
  );
  await expectExact({ operator: 'Gather', inputs: [float64([2, 1], [1, 2]), places], order: 1 });
});
