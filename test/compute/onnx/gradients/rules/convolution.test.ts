import { describe, test } from 'vitest';
import { some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

const conv = (operator: string, dims: number[][], attributes: Record<string, number | number[] | string> = {}) =>
  trial(
    operator,
    dims.map((each) => some(each)),
    { attributes, single: true },
  );

describe('the gradient of', () => {
  test.each([
    conv('Conv', [[2, 3, 7], [4, 3, 3], [4]]),
    conv('Conv', [[2, 3, 7, 6], [4, 3, 3, 2], [4]], { pads: [1, 0, 2, 1], strides: [2, 3], dilations: [2, 1] }),
    conv(
      'Conv',
      [
        [2, 4, 6, 5],
        [6, 2, 3, 3],
      ],
      { group: 2, strides: [2, 2] },
    ),
    conv(
      'Conv',
      [
        [2, 3, 8],
        [3, 1, 3],
      ],
      { group: 3, auto_pad: 'SAME_UPPER', strides: [2] },
    ),
    conv(
      'Conv',
      [
        [2, 3, 7],
        [4, 3, 4],
      ],
      { auto_pad: 'SAME_LOWER' },
    ),
    conv(
      'Conv',
      [
        [2, 3, 7],
        [4, 3, 4],
      ],
      { auto_pad: 'VALID', strides: [2] },
    ),
    conv('ConvTranspose', [[2, 3, 5], [3, 4, 3], [4]]),
    conv(
      'ConvTranspose',
      [
        [2, 4, 3, 4],
        [4, 3, 3, 2],
      ],
      { group: 2, strides: [2, 3], pads: [1, 0, 0, 1], output_padding: [1, 0] },
    ),
  ])('%s agrees with differences', async (_, given) => await expectExact(given));
});
