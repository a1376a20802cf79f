import { expect, test } from 'vitest';
import { attributed, attributedFrom, drawnFrom, linear, mean, product, sequence } from './nets.ts';

const close = (values: readonly number[], digits = 4) => values.map((value) => expect.closeTo(value, digits));
const figures = (values: Float64Array | undefined) => Array.from(values ?? []);
const shap = { method: 'GRADIENT_SHAP' } as const;
const drawn = { ...shap, baseline: { kind: 'DRAWN' as const } };

test('what is drawn from are the carriers of the rows, in their order', async () => {
  const { rowCount, carriers } = await drawnFrom(sequence('([1, 2], 1.0), ([2], -2.0)'));
  expect(rowCount).toBe(2);
  // The padding's own embedding too.
  expect(Object.values(carriers).map((values) => [...values])).toEqual([
    [1, 0, 0, 2, 0, 2, 5, 5],
    [1, -2],
  ]);
});

test('a single row to draw from is a baseline', async () => {
  const net = product('(2.0, 3.0), (-1.0, 4.0)');
  const from = await drawnFrom(product('(1.0, 0.5)'));
  for (const noise of [0, 0.5]) {
    const [one] = await attributedFrom(net, from, { ...drawn, noise });
    const baseline = { kind: 'ROW' as const, inputs: { x: [1, 0.5] } };
    const [same] = await attributed(net, { ...shap, noise, baseline });
    expect(figures(one?.mean)).toEqual(close(figures(same?.mean)));
    expect(figures(one?.score)).toEqual(close(figures(same?.score)));
    expect(one?.baselineValue).toBeCloseTo(0.5, 5);
    expect(one?.completeness?.meanAbsoluteGap).toBeCloseTo(same?.completeness?.meanAbsoluteGap as number, 4);
  }
});

test('of a linear net: from the mean of what was drawn, and complete whatever that is', async () => {
  const net = linear('(1.0, 2.0, 3.0)');
  const from = await drawnFrom(linear('(0.0, 0.0, 0.0), (1.0, 1.0, 1.0), (2.0, 0.0, -1.0), (1.0, 3.0, 0.0)'));
  const [few, many] = await attributedFrom(net, from, { ...drawn, samples: 1 }, { ...drawn, samples: 1000 });
  for (const result of [few, many]) {
    expect(result?.completeness?.maxAbsoluteGap).toBeLessThan(1e-4);
    // f(x) = −1
    expect(result?.mean[3]).toBeCloseTo(-1 - (result?.baselineValue as number), 4);
  }
  // One of the four, in a single sample.
  expect([0, 1, 2, 1].map((a) => 2 * (1 - a))).toContainEqual(expect.closeTo(few?.mean[0] as number, 4));
  expect(figures(many?.mean).slice(0, 3)).toEqual(close([2 * (1 - 1), -3 * (2 - 1), 3 - 0], 0));
});

test('padding is never moved: a row stays as long as it is, wherever it starts', async () => {
  const net = sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 4.0)');
  const [result] = await attributedFrom(net, await drawnFrom(sequence('([2, 1], 1.0)')), drawn);
  expect(figures(result?.mean)).toEqual(close([0, mean(0, -9, 9), mean(0, -9, 9)]));
  expect(result?.baselineValue).toBeCloseTo(mean(8, 22, 33), 4);
});

test('the same seed, the same baselines; another, others', async () => {
  const rows = Array.from({ length: 20 }, (_, at) => `(${at}.0, ${(at * 7) % 11}.0)`).join(', ');
  const from = await drawnFrom(product(rows));
  const [one, same, other] = await attributedFrom(product(rows), from, drawn, drawn, { ...drawn, seed: 1 });
  expect(figures(same?.score)).toEqual(figures(one?.score));
  expect(figures(other?.score)).not.toEqual(figures(one?.score));
});
