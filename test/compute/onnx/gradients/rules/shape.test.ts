import { describe, test } from 'vitest';
import { int64 } from '../../../../../src/compute/tensor.ts';
import { float64, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const list = (...values: number[]) => int64([values.length], values);
const float = (value: number) => ({ float: value });

describe('the gradient of', () => {
  test.each([
    trial('Reshape', [some([2, 6]), list(3, 4)]),
    trial('Reshape', [some([2, 6]), list(0, -1, 2)]),
    trial('Flatten', [some([2, 3, 4])], { attributes: { axis: 2 } }),
    trial('Squeeze', [some([2, 1, 3, 1]), list(1, -1)]),
    trial('Squeeze', [some([2, 1, 3, 1])], { opset: 11, attributes: { axes: [1] } }),
    trial('Unsqueeze', [some([2, 3]), list(0, -1)]),
    trial('Unsqueeze', [some([2, 3])], { opset: 11, attributes: { axes: [1] } }),
    trial('Transpose', [some([2, 3, 4])], { attributes: { perm: [2, 0, 1] } }),
    trial('Transpose', [some([2, 3, 4])]),
    trial('Expand', [some([3, 1]), list(2, 1, 4)]),
    trial('Expand', [some([3, 1]), list(3, 4)], { opset: 8 }),
    trial('Tile', [some([2, 3]), list(2, 3)]),
    trial('Tile', [some([2, 3]), list(2, 3)], { opset: 7 }),
    trial('Concat', [some([2, 3]), some([2, 1]), some([2, 2])], { attributes: { axis: 1 } }),
    trial('Concat', [some([2, 3]), some([1, 3])], { attributes: { axis: -2 }, opset: 9 }),
    trial('Split', [some([2, 6]), list(1, 2, 3)], { attributes: { axis: 1 }, outputCount: 3, targets: [0, 2] }),
    trial('Split', [some([6, 2])], { attributes: { split: [4, 2] }, opset: 11, outputCount: 2, targets: [0, 1] }),
    trial('Pad', [some([2, 3]), list(1, 0, 0, 2)]),
    trial('Pad', [some([2, 3]), list(1, 0, -1, 2), some([])]),
    trial('Pad', [some([2, 3]), list(1, 2), some([]), list(-1)]),
    trial('Pad', [some([2, 3])], { attributes: { pads: [1, 0, 0, 2], value: float(2) }, opset: 10 }),
    trial('Pad', [some([2, 4]), list(0, 2, 0, 1)], { attributes: { mode: 'reflect' } }),
    trial('Pad', [some([2, 3]), list(1, 2, 0, 1)], { attributes: { mode: 'edge' } }),
    trial('DepthToSpace', [some([2, 8, 2, 3])], { attributes: { blocksize: 2 } }),
    trial('DepthToSpace', [some([2, 8, 2, 3])], { attributes: { blocksize: 2, mode: 'CRD' } }),
    trial('SpaceToDepth', [some([2, 3, 4, 6])], { attributes: { blocksize: 2 } }),
    trial('Dropout', [some([2, 3])]),
    trial('Dropout', [some([2, 3])], { opset: 10, attributes: { ratio: float(0.5) } }),
  ])('%s agrees with differences', async (_, given) => {
    await expectExact(given);
  });

  test.each([
    trial('Reshape', [some([2, 6]), list(3, 4)]),
    trial('Tile', [some([2, 3]), list(2, 3)]),
    trial('Expand', [some([3, 1]), list(2, 1, 4)]),
    trial('Concat', [some([2, 3]), some([2, 1]), some([2, 2])], { attributes: { axis: 1 } }),
    trial('Pad', [some([2, 3]), list(1, 0, -1, 2), float64([], [3])]),
    trial('Split', [some([2, 6]), list(1, 2, 3)], { attributes: { axis: 1 }, outputCount: 3, targets: [1] }),
  ])('%s agrees with differences where sizes come with the batch', async (_, given) => {
    await expectExact({ ...given, dynamic: true, fed: true });
  });
});
