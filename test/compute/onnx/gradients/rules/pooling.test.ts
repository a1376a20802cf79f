import { describe, expect, test } from 'vitest';
import * as p from '../../../../../src/compute/program.ts';
import { float32, int64 } from '../../../../../src/compute/tensor.ts';
import { modelOf, opened, run, valuesOf } from '../../models.ts';
import { apart, some } from '../numbers.ts';
import { expectExact, trial } from '../trial.ts';

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

  test('MaxUnpool agrees with differences where one element is written over another', async () => {
    const places = int64([1, 2, 2, 2], [3, 3, 0, 3, 9, 8, 15, 9]);
    const attributes = { kernel_shape: [2, 2], strides: [2, 2] };
    const inputs = [some([1, 2, 2, 2]), places];
    await expectExact({ operator: 'MaxUnpool', inputs, attributes, single: true });
  });

  test('MaxUnpool behind a MaxPool whose windows overlap: 1 for the largest of all four', async () => {
    const open = await opened(
      modelOf({
        inputs: { x: ['float32', [1, 1, 3, 3]] },
        weights: { sizes: int64([4], [1, 1, 3, 3]) },
        nodes: [
          ['MaxPool', 'x', 'pooled places', { kernel_shape: [2, 2] }],
          ['MaxUnpool', 'pooled places sizes', 'y', { kernel_shape: [2, 2] }],
        ],
        outputs: 'y',
      }),
    );
    const outputs = { dx: p.gradient(p.tensor('y'), p.tensor('x')) };
    const { dx } = await run(open, { outputs }, { x: float32([1, 1, 3, 3], [0, 0, 0, 0, 5, 0, 0, 0, 1]) });
    expect(valuesOf(dx)).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
  });
});

test('windows that overlap need an opset that can add at places', async () => {
  const [, given] = pool('MaxPool', { kernel_shape: [3, 3], strides: [2, 2] }, 13);
  await expect(expectExact(given)).rejects.toMatchObject({
    code: 'UNSUPPORTED_OPERATOR',
    details: { operator: 'MaxPool' },
  });
});
