import { describe, expect, test } from 'vitest';
import { type Asked, attributed, linear, mean, ofNumbers, product, rootsOf, sequence } from './nets.ts';

const close = (values: readonly number[], digits = 4) => values.map((value) => expect.closeTo(value, digits));
const figures = (values: Float64Array | undefined) => Array.from(values ?? []);

describe('the SmoothGrad family', () => {
  test('of a linear net: the gradient, its square, no variance', async () => {
    const net = linear('(1.0, 2.0, 3.0), (-2.0, 0.5, 1.0)');
    const [smooth, squared, variance] = await attributed(
      net,
      { method: 'SMOOTHGRAD' },
      { method: 'SMOOTHGRAD_SQUARED' },
      { method: 'VARGRAD' },
    );
    expect(figures(smooth?.mean)).toEqual(close([2, -3, 1, 0]));
    expect(figures(smooth?.score)).toEqual(close([2, 3, 1, Math.sqrt(14)]));
    expect(figures(squared?.mean)).toEqual(close([4, 9, 1, 14]));
    expect(figures(variance?.score)).toEqual(close([0, 0, 0, 0]));
    expect(smooth?.baselineValue).toBeUndefined();
  });

  test('of a product, noise σ on the other factor: mean b, mean square b² + σ², variance σ²', async () => {
    const net = product('(2.0, 3.0)');
    const asked = { samples: 1000, noise: 0.5 };
    const [smooth, squared, variance] = await attributed(
      net,
      { method: 'SMOOTHGRAD', ...asked },
      { method: 'SMOOTHGRAD_SQUARED', ...asked },
      { method: 'VARGRAD', ...asked },
    );
    expect(smooth?.mean[0]).toBeCloseTo(3, 1);
    expect(squared?.mean[1]).toBeCloseTo(4.25, 0);
    // In every sample the same noise.
    expect((squared?.mean[0] as number) - (smooth?.mean[0] as number) ** 2).toBeCloseTo(variance?.mean[0] as number, 4);
    expect(variance?.mean[0]).toBeGreaterThan(0.2);
    expect(variance?.mean[0]).toBeLessThan(0.3);
  });

  test('without noise they are the plain gradient', async () => {
    const net = product('(2.0, 3.0), (-1.0, 4.0)');
    const [smooth, variance] = await attributed(
      net,
      { method: 'SMOOTHGRAD', noise: 0 },
      { method: 'VARGRAD', noise: 0 },
    );
    expect(figures(smooth?.mean)).toEqual(close([3.5, 0.5, 4]));
    expect(figures(variance?.mean)).toEqual(close([0, 0, 0], 10));
  });

  test('padding gets no noise and is not counted', async () => {
    const net = sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 0.0)');
    const [smooth] = await attributed(net, { method: 'SMOOTHGRAD' });
    expect(figures(smooth?.mean)).toEqual(close([mean(6, 3, 0), 3, mean(9, 6, 3)]));
  });
});

describe('GRADIENT_SHAP', () => {
  test('of a linear net it is integrated gradients, wherever it starts', async () => {
    const net = sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 4.0)');
    for (const baseline of [
      {},
      { baseline: { kind: 'MEAN' as const } },
      { baseline: { kind: 'ROW' as const, inputs: { seen: [2, 1], age: [1] } } },
    ]) {
      const [shap, integrated] = await attributed(
        net,
        { method: 'GRADIENT_SHAP', samples: 3, ...baseline },
        { method: 'INTEGRATED_GRADIENTS', steps: 3, ...baseline },
      );
      expect(figures(shap?.mean)).toEqual(close(figures(integrated?.mean)));
      expect(figures(shap?.score)).toEqual(close(figures(integrated?.score)));
      expect(shap?.baselineValue).toBeCloseTo(integrated?.baselineValue as number, 4);
      expect(shap?.completeness?.maxAbsoluteGap).toBeLessThan(1e-4);
    }
  });

  test('of a product: one place on the way for all features', async () => {
    const [shap] = await attributed(product('(2.0, 3.0)'), { method: 'GRADIENT_SHAP', samples: 500 });
    // a · αb and b · αa: the same, and half of the product on average.
    expect(shap?.mean[0]).toBeCloseTo(shap?.mean[1] as number, 5);
    expect(shap?.mean[0]).toBeCloseTo(3, 0);
  });

  test('noise moves the row, not the baseline', async () => {
    const [shap] = await attributed(linear('(1.0, 2.0, 3.0)'), { method: 'GRADIENT_SHAP', noise: 1, samples: 1000 });
    expect(shap?.mean[0]).toBeCloseTo(2, 0);
    expect(shap?.mean[0]).not.toBeCloseTo(2, 5);
  });
});

describe('INTEGRATED_GRADIENTS from other baselines, by hand', () => {
  test('a row: its carriers, with the ids and the padding of the row that is explained', async () => {
    const net = sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 4.0)');
    const baseline = { kind: 'ROW' as const, inputs: { seen: [2, 1], age: [1] } };
    const [result] = await attributed(net, { method: 'INTEGRATED_GRADIENTS', baseline });
    expect(figures(result?.mean)).toEqual(close([0, mean(0, -9, 9), mean(0, -9, 9)]));
    expect(result?.baselineValue).toBeCloseTo(mean(8, 22, 33), 4);
    expect(result?.completeness?.maxAbsoluteGap).toBeLessThan(1e-4);
  });

  test('the mean over rows', async () => {
    const [result] = await attributed(product('(2.0, 3.0), (-1.0, 4.0)'), {
      method: 'INTEGRATED_GRADIENTS',
      baseline: { kind: 'MEAN' },
    });
    // From (½, 3½): the product of the way with the middle of the other factor.
    expect(figures(result?.mean)).toEqual(
      close([mean(1.5 * 3.25, -1.5 * 3.75), mean(-0.5 * 1.25, 0.5 * -0.25), mean(4.25, -5.75)]),
    );
    expect(result?.baselineValue).toBeCloseTo(1.75, 5);
  });
});

describe('what is drawn', () => {
  const net = product(Array.from({ length: 40 }, (_, at) => `(${at}.0, ${(at * 7) % 11}.0)`).join(', '));

  test.each(['SMOOTHGRAD', 'GRADIENT_SHAP', 'SHAPLEY_SAMPLING', 'FEATURE_PERMUTATION'] as const)(
    '%s: the same seed, the same numbers; another, others',
    async (method) => {
      const [one, same, other] = await attributed(net, { method }, { method }, { method, seed: 1 });
      expect(figures(same?.score)).toEqual(figures(one?.score));
      expect(figures(other?.score)).not.toEqual(figures(one?.score));
    },
  );
});

describe('nothing fails for a slope that it does not use', () => {
  /** Whose slope is no number at 0, and finite everywhere else. */
  const cubeRoot = (row: string) =>
    ofNumbers(
      'a',
      [
        ['Abs', 'x', 'size'],
        ['Pow', 'size third', 'logit'],
      ],
      { third: { dtype: 'float32', dims: [], data: Float32Array.of(1 / 3) } },
      row,
    );

  test.each<[string, Asked]>([
    ['(8.0)', { method: 'INTEGRATED_GRADIENTS' }],
    ['(8.0)', { method: 'GRADIENT_SHAP' }],
    ['(0.0)', { method: 'SMOOTHGRAD' }],
    ['(0.0)', { method: 'SMOOTHGRAD_SQUARED' }],
    ['(0.0)', { method: 'VARGRAD' }],
  ])('of the row %s by %j: the slope at 0', async (row, asked) => {
    const [result] = await attributed(cubeRoot(row), asked);
    for (const figure of [...(result?.score ?? [Number.NaN]), ...(result?.mean ?? [])])
      expect(Number.isFinite(figure)).toBe(true);
    // The cube root of 8, less what the nodes miss beside so steep a slope.
    if (asked.method === 'INTEGRATED_GRADIENTS') expect(result?.mean[0]).toBeCloseTo(2, 0);
  });

  test.each([
    'SALIENCY',
    'INPUT_X_GRADIENT',
    'INTEGRATED_GRADIENTS',
    'SMOOTHGRAD',
    'SMOOTHGRAD_SQUARED',
    'VARGRAD',
    'GRADIENT_SHAP',
  ] as const)('by %s: the slope at padding', async (method) => {
    const asked = { method, samples: 5 };
    const [padded] = await attributed(rootsOf(2, '([2])'), asked);
    const [filled] = await attributed(rootsOf(1, '([2])'), asked);
    expect(figures(padded?.score)).toEqual(close(figures(filled?.score)));
    expect(figures(padded?.mean)).toEqual(close(figures(filled?.mean)));
    expect(figures(padded?.score).every(Number.isFinite)).toBe(true);
  });
});
