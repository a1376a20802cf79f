import { describe, expect, test } from 'vitest';
import { float32 } from '../../../src/compute/tensor.ts';
import { attributed, linear, ofNumbers, product, sequence } from './nets.ts';

const close = (values: readonly number[], digits = 4) => values.map((value) => expect.closeTo(value, digits));
const figures = (values: Float64Array | undefined) => Array.from(values ?? []);
const deepLift = { method: 'DEEP_LIFT' } as const;

describe('DEEP_LIFT', () => {
  test('of a linear net it is integrated gradients, wherever it starts', async () => {
    for (const net of [
      linear('(1.0, 2.0, 3.0), (-2.0, 0.5, 1.0)'),
      sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 4.0)'),
    ])
      for (const baseline of [{}, { baseline: { kind: 'MEAN' as const } }]) {
        const [lift, integrated] = await attributed(
          net,
          { ...deepLift, ...baseline },
          { method: 'INTEGRATED_GRADIENTS', steps: 2, ...baseline },
        );
        expect(figures(lift?.mean)).toEqual(close(figures(integrated?.mean)));
        expect(figures(lift?.score)).toEqual(close(figures(integrated?.score)));
        expect(lift?.completeness?.maxAbsoluteGap).toBeLessThan(1e-4);
      }
  });

  test('by hand: a unit that the way switches on has the slope of the whole way', async () => {
    // relu(a − 1) + relu(2b): on the way from (0, 0) to (3, 1), 2/3 of a counts and all of 2b.
    const net = ofNumbers(
      'ab',
      [
        ['MatMul', 'x w', 'sums'],
        ['Add', 'sums bias', 'before'],
        ['Relu', 'before', 'hidden'],
        ['MatMul', 'hidden v', 'logit'],
      ],
      { w: float32([2, 2], [1, 0, 0, 2]), bias: float32([2], [-1, 0]), v: float32([2, 1], [1, 1]) },
      '(3.0, 1.0), (0.5, -1.0)',
    );
    const [lift] = await attributed(net, deepLift);
    expect(figures(lift?.mean)).toEqual(close([(2 + 0) / 2, (2 + 0) / 2, 2]));
    expect(lift?.baselineValue).toBeCloseTo(0, 6);
    expect(lift?.completeness?.maxAbsoluteGap).toBeLessThan(1e-5);
  });

  test('of a probability: the sigmoid too is a function of single elements', async () => {
    const [lift] = await attributed(linear('(1.0, 2.0, 3.0)'), { ...deepLift, target: { space: 'PROBABILITY' } });
    const difference = 1 / (1 + Math.exp(1)) - 0.5;
    // Of the logit −1, the shares 2, −6 and 3.
    expect(figures(lift?.mean)).toEqual(close([-2 * difference, 6 * difference, -3 * difference, difference]));
  });

  test('never the plain gradient: a product of features, a softmax, a maximum, a step', async () => {
    const w = float32([2, 2], [1, 2, 3, 4]);
    const one = float32([1], [1]);
    const v = float32([2, 1], [1, -1]);
    const nets = {
      Mul: product('(1.0, 2.0)'),
      Softmax: ofNumbers(
        'ab',
        [
          ['MatMul', 'x w', 'h'],
          ['Softmax', 'h', 's'],
          ['MatMul', 's v', 'logit'],
        ],
        { w, v },
        '(1.0, 2.0)',
      ),
      ReduceMax: ofNumbers(
        'ab',
        [['ReduceMax', 'x axes', 'logit', { keepdims: 1 }]],
        { axes: { dtype: 'int64', dims: [1], data: BigInt64Array.of(1n) } },
        '(1.0, 2.0)',
      ),
      Where: ofNumbers(
        'a',
        [
          ['Greater', 'x one', 'on'],
          ['Where', 'on x one', 'logit'],
        ],
        { one },
        '(2.0)',
      ),
      Transpose: ofNumbers(
        'ab',
        [
          ['Transpose', 'x', 't'],
          ['Relu', 't', 'r'],
          ['Transpose', 'r', 'u'],
          ['MatMul', 'u v', 'logit'],
        ],
        { v },
        '(1.0, 2.0)',
      ),
    };
    for (const [operator, net] of Object.entries(nets))
      await expect(attributed(net, deepLift), operator).rejects.toMatchObject({
        code: 'UNSUPPORTED_OPERATOR',
        details: { operator },
      });
  });
});
