import { describe, expect, test } from 'vitest';
import { apart, some } from './numbers.ts';
import { expectExact, trial } from './trial.ts';

const image = apart([2, 3, 7, 6]);
const pool = (operator: string, attributes: Record<string, number | number[] | string> = {}, opset = 18) =>
  trial(operator, [image], { attributes, single: true, opset });

describe('the gradient of', () => {
  test.each([
    pool('GlobalAveragePool'),
    pool('GlobalMaxPool'),
    trial('GlobalLpPool', [some([2, 3, 4, 3])], { attributes: { p: 3 }, single: true }),
    pool('AveragePool', { kernel_shape: [3, 2], strides: [2, 1] }),
    pool('AveragePool', { kernel_shape: [3, 2], pads: [1, 0, 2, 1] }),
    pool('AveragePool', { kernel_shape: [3, 2], pads: [1, 0, 2, 1], count_include_pad: 1 }),
    pool('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 }),
    pool('AveragePool', { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }),
    pool('AveragePool', { kernel_shape: [2, 2], dilations: [2, 1] }, 19),
    trial('LpPool', [some([2, 3, 4, 3])], {
      attributes: { kernel_shape: [3, 2], strides: [2, 1], p: 3 },
      single: true,
    }),
    pool('MaxPool', { kernel_shape: [3, 2], strides: [1, 2] }),
    pool('MaxPool', { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1], dilations: [2, 1] }),
    pool('MaxPool', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }, 12),
  ])('%s agrees with differences', async (_, given) => await expectExact(given));
});

test('windows that overlap need an opset that can add at places', async () => {
  const [, given] = pool('MaxPool', { kernel_shape: [3, 3], strides: [2, 2] }, 13);
  await expect(expectExact(given)).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operator: 'MaxPool' },
  });
});
