import { describe, expect, test } from 'vitest';
import { attributionMethods } from '../../../src/analysis/attributions/method.ts';
import { float32, int64 } from '../../../src/compute/tensor.ts';
import type { ModelText } from '../../compute/onnx/models.ts';
import { attributed, type Net } from './nets.ts';

const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 3));
const figures = (values: Float64Array | undefined) => Array.from(values ?? []);
const weights = float32([6, 1], [1, 2, 3, 4, 5, 6]);
const names = ['a', 'b', 'c', 'd', 'e', 'f'];
const slot = (kind: 'NUMERIC' | 'CATEGORICAL') => (name: string, index: number) => ({ name, kind, input: 'x', index });
const dense: ModelText['nodes'] = [
  ['Reshape', 'values flat', 'row'],
  ['MatMul', 'row w', 'logit'],
  ['Sigmoid', 'logit', 'score'],
];

/** logit = a + 2b + 3c + 4d + 5e + 6f, of numbers [n, 2, 3] */
const window: Net = {
  text: {
    inputs: { x: ['float32', [null, 2, 3]] },
    weights: { w: weights, flat: int64([2], [-1, 6]) },
    nodes: [['Identity', 'x', 'values'], ...dense],
    outputs: 'score',
  },
  features: names.map(slot('NUMERIC')),
  rows: '(1.0, 1.0, 1.0, 1.0, 1.0, 1.0), (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)',
  columns: names.join(', '),
};

/** The same of the entries of ids [n, 2, 3] in a table whose entry of id i is i. */
const ids: Net = {
  ...window,
  text: {
    inputs: { x: ['int64', [null, 2, 3]] },
    weights: { w: weights, flat: int64([2], [-1, 6]), table: float32([7, 1], [0, 1, 2, 3, 4, 5, 6]) },
    nodes: [['Gather', 'table x', 'values'], ...dense],
    outputs: 'score',
  },
  features: names.map(slot('CATEGORICAL')),
  rows: '(1, 1, 1, 1, 1, 1), (1, 2, 3, 4, 5, 6)',
};

const ofShape = (net: Net, ...dims: (number | null)[]): Net => ({
  ...net,
  text: { ...net.text, inputs: { x: [net.text.inputs.x?.[0] ?? 'float32', [null, ...dims]] } },
});

describe.each([
  ['numbers, [n, 2, 3]', window],
  ['ids, [n, 2, 3]', ids],
  ['numbers, of as many columns as come', ofShape(window, null)],
  ['numbers, of as many times three as come', ofShape(window, null, 3)],
])('slots of an input of %s', (_, net) => {
  test.each(attributionMethods)('%s', async (method) => {
    const [result] = await attributed(net, { method });
    const slopes = [1, 2, 3, 4, 5, 6];
    const expected = {
      SALIENCY: slopes,
      SMOOTHGRAD: slopes,
      SMOOTHGRAD_SQUARED: slopes.map((slope) => slope * slope),
      VARGRAD: slopes.map(() => 0),
      FEATURE_PERMUTATION: slopes.map(() => 0),
    };
    const products = slopes.map((slope, at) => (slope * (1 + (at + 1))) / 2);
    expect(figures(result?.mean)).toEqual(
      close(method in expected ? expected[method as keyof typeof expected] : products),
    );
  });
});

test('two lists in one input [n, 2, 3]', async () => {
  const list = (name: string, index: number) => ({ name, kind: 'SEQUENCE', input: 'x', index, length: 3, padding: 0 });
  const [result] = await attributed(
    { ...ids, features: [list('views', 0), list('buys', 3)], columns: 'views, buys', rows: '([1, 1, 1], [4, 5, 6])' },
    { method: 'INTEGRATED_GRADIENTS' },
  );
  expect(figures(result?.mean)).toEqual(close([1 + 2 + 3, 16 + 25 + 36]));
});

test('ids of as many columns as come are refused where what carries them is wanted, and answer by their values', async () => {
  const open = ofShape(ids, null);
  await expect(attributed(open, { method: 'FEATURE_ABLATION' })).rejects.toMatchObject({
    code: 'UNSUPPORTED_BY_EXECUTOR',
    message: expect.stringContaining('a baseline of values'),
  });
  const baseline = { kind: 'ROW' as const, inputs: { x: [0, 0, 0, 0, 0, 0] } };
  const [result] = await attributed(open, { method: 'FEATURE_ABLATION', baseline });
  expect(figures(result?.mean)).toEqual(close([1, 2, 3, 4, 5, 6].map((slope, at) => (slope * (at + 2)) / 2)));
});
