import { describe, expect, test } from 'vitest';
import { float32 } from '../../../src/compute/tensor.ts';
import { type Asked, attributed, linear, mean, type Net, ofNumbers, product, sequence } from './nets.ts';

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 4));
const figures = (values: Float64Array | undefined) => Array.from(values ?? []);

describe('FEATURE_ABLATION, by hand', () => {
  test('f(x) − f(x without it), a group at once', async () => {
    const [result] = await attributed(product('(2.0, 3.0), (-1.0, 4.0)'), { method: 'FEATURE_ABLATION' });
    // a · b without either is 0, without both too.
    expect(figures(result?.mean)).toEqual(close([1, 1, 1]));
    expect(figures(result?.score)).toEqual(close([5, 5, 5]));
    expect(result?.baselineValue).toBeCloseTo(0, 5);
    expect(result?.completeness).toBeUndefined();
  });

  test('padding is never moved and never counted', async () => {
    // Two ids, one id and padding, nothing but padding.
    const net = sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 0.0)');
    const [result] = await attributed(net, { method: 'FEATURE_ABLATION' });
    expect(figures(result?.mean)).toEqual(close([mean(5, 4, 0), mean(3, -6, 0), mean(8, -2, 0)]));
    expect(result?.baselineValue).toBeCloseTo(mean(0, 15, 30), 4);
  });

  test('MEAN: the mean carrier, of filled positions', async () => {
    const net = sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 4.0)');
    const [result] = await attributed(net, { method: 'FEATURE_ABLATION', baseline: { kind: 'MEAN' } });
    // Position 0 is worth 2.5 on average, position 1 is worth 4; age 1.
    expect(figures(result?.mean)).toEqual(close([mean(5 - 6.5, 4 - 2.5, 0), 0, mean(-1.5, 1.5 - 9, 9)]));
    expect(figures(result?.score)).toEqual(close([mean(1.5, 1.5, 0), mean(0, 9, 9), mean(1.5, 7.5, 9)]));
  });

  test('a row: the inputs become its own, padding and all', async () => {
    const net = sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 4.0)');
    const baseline = { kind: 'ROW' as const, inputs: { seen: [2, 0], age: [1] } };
    const [result] = await attributed(net, { method: 'FEATURE_ABLATION', baseline });
    // It is worth 4 + 15 there, which a row that has as much does not lose.
    expect(figures(result?.mean)).toEqual(close([mean(5 - 19, 0, 30 - 19), mean(0, -9, 9), mean(-14, -9, 20)]));
    expect(result?.baselineValue).toBeCloseTo(19 + 3, 4);
  });
});

describe('SHAPLEY_SAMPLING', () => {
  test('by hand: of a product at the zero baseline, half of it each, in expectation; efficiency in every order', async () => {
    const [result] = await attributed(product('(2.0, 3.0), (-1.0, 4.0)'), {
      method: 'SHAPLEY_SAMPLING',
      samples: 1000,
    });
    expect(result?.mean[0]).toBeCloseTo(0.5, 1);
    expect(result?.mean[1]).toBeCloseTo(0.5, 1);
    expect((result?.mean[0] as number) + (result?.mean[1] as number)).toBeCloseTo(1, 5);
    expect(result?.mean[2]).toBeCloseTo(1, 5);
    expect(result?.completeness?.maxAbsoluteGap).toBeLessThan(1e-4);
    expect(result?.baselineValue).toBeCloseTo(0, 5);
  });

  test('of a linear net it is ablation, in every order', async () => {
    const net = linear('(1.0, 2.0, 3.0), (-2.0, 0.5, 1.0)');
    const [shapley, ablation] = await attributed(
      net,
      { method: 'SHAPLEY_SAMPLING', samples: 2 },
      { method: 'FEATURE_ABLATION' },
    );
    expect(figures(shapley?.mean)).toEqual(close(figures(ablation?.mean)));
    expect(figures(shapley?.score)).toEqual(close(figures(ablation?.score)));
  });

  test('features that do the same get the same, one that does nothing gets nothing', async () => {
    // relu(a + b − 1) + 0 · c
    const net = ofNumbers(
      'abc',
      [
        ['MatMul', 'x w', 'sum'],
        ['Sub', 'sum one', 'over'],
        ['Relu', 'over', 'logit'],
      ],
      {
        w: { dtype: 'float32', dims: [3, 1], data: Float32Array.of(1, 1, 0) },
        one: { dtype: 'float32', dims: [], data: Float32Array.of(1) },
      },
      '(1.0, 1.0, 5.0)',
    );
    const [result] = await attributed(net, { method: 'SHAPLEY_SAMPLING', samples: 1000 });
    expect(result?.mean[0]).toBeCloseTo(0.5, 1);
    expect(result?.mean[1]).toBeCloseTo(0.5, 1);
    expect(result?.mean[2]).toBeCloseTo(0, 6);
  });

  test('of a single feature', async () => {
    const net = ofNumbers('a', [['Neg', 'x', 'logit']], {}, '(3.0), (1.0)');
    const [result] = await attributed(net, { method: 'SHAPLEY_SAMPLING' });
    expect(figures(result?.mean)).toEqual(close([-2, -2]));
  });
});

describe('FEATURE_PERMUTATION', () => {
  test('by hand: of two rows, each takes the other’s value', async () => {
    const [result] = await attributed(product('(2.0, 3.0), (-1.0, 4.0)'), {
      method: 'FEATURE_PERMUTATION',
      samples: 3,
    });
    // 6 − (−3) and −4 − 8; 6 − 8 and −4 − (−3); the group: 6 − (−4) and −4 − 6.
    expect(figures(result?.mean)).toEqual(close([mean(9, -12), mean(-2, -1), 0]));
    expect(figures(result?.score)).toEqual(close([mean(9, 12), mean(2, 1), 10]));
    expect(result?.baselineValue).toBeUndefined();
  });

  test('every row lends its values once: of a linear net the mean is zero', async () => {
    const rows = Array.from({ length: 50 }, (_, at) => `(${at}.0, ${(at * 7) % 11}.0, ${at % 3}.0)`).join(', ');
    const [result] = await attributed(linear(rows), { method: 'FEATURE_PERMUTATION', samples: 4 });
    expect(figures(result?.mean)).toEqual(close([0, 0, 0, 0]));
    for (const score of result?.score ?? []) expect(score).toBeGreaterThan(0);
  });

  test('of a list it is the whole list, padding and all', async () => {
    const net = sequence('([1, 2], 0.0), ([2], 0.0)');
    const [result] = await attributed(net, { method: 'FEATURE_PERMUTATION' });
    // (1, 2) becomes (2, padding), worth 4 + 15, and the other way round.
    expect(figures(result?.score).slice(0, 2)).toEqual(close([14, 0]));
    expect(figures(result?.mean).slice(0, 2)).toEqual(close([0, 0]));
  });

  test('one row has no other', async () => {
    await expect(attributed(product('(2.0, 3.0)'), { method: 'FEATURE_PERMUTATION' })).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });
});

describe.each([7, 8, 9, 11, 13])('in a model of opset %i', (opset) => {
  const net = linear('(1.0, 2.0, 3.0), (-2.0, 0.5, 1.0)');
  const old = { ...net, text: { ...net.text, opset } };
  const row = { kind: 'ROW' as const, inputs: { x: [1, 1, 1] } };

  test.each<Asked>([
    { method: 'FEATURE_ABLATION' },
    { method: 'FEATURE_ABLATION', baseline: row },
    { method: 'SHAPLEY_SAMPLING' },
    { method: 'SHAPLEY_SAMPLING', baseline: row },
    { method: 'FEATURE_PERMUTATION' },
  ])('%j says the same', async (asked) => {
    const [[own], [right]] = await Promise.all([attributed(old, asked), attributed(net, asked)]);
    expect(figures(own?.mean)).toEqual(close(figures(right?.mean)));
    expect(figures(own?.score)).toEqual(close(figures(right?.score)));
  });
});

test('in a model of opset 9 padding is told apart, in inputs of floats too', async () => {
  const [ids, floats] = (['int64', 'float32'] as const).map((type) => listAtOpset9(type));
  for (const net of [ids, floats]) {
    const [result] = await attributed(net as Net, { method: 'FEATURE_ABLATION' });
    // Ids 1 and 2 are worth 1 and 4, and the padding 7, which nobody takes away.
    expect(figures(result?.mean)).toEqual(close([mean(5, 4, 0)]));
  }
});

const listAtOpset9 = (type: 'int64' | 'float32'): Net => ({
  text: {
    opset: 9,
    inputs: { seen: [type, [null, 2]] },
    weights: { table: float32([3, 1], [7, 1, 4]) },
    nodes: [
      ['Cast', 'seen', 'ids', { to: 7 }],
      ['Gather', 'table ids', 'looked'],
      ['ReduceSum', 'looked', 'logit', { axes: [1, 2], keepdims: 0 }],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  },
  features: [{ name: 'seen', kind: 'SEQUENCE', column: 'seen', input: 'seen', length: 2, padding: 0 }],
  rows: '([1, 2]), ([2]), ([]::INT[])',
  columns: 'seen',
});
