import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { float32 } from '../../../src/compute/tensor.ts';
import type { ModelText } from '../../compute/onnx/models.ts';
import { attributed, mean, ofNumbers } from './nets.ts';

/** By Captum, in float64: test/fixtures/generate/attribution.py. Every attribution of every row. */
interface Small {
  readonly weights: readonly (number[] | number[][])[];
  readonly rows: readonly number[][];
  readonly baseline: readonly number[];
  readonly expected: Readonly<Record<'DEEP_LIFT' | 'FEATURE_ABLATION' | 'SHAPLEY_SAMPLING', number[][]>>;
}
const small: Small = JSON.parse(readFileSync('test/fixtures/small-attribution.json', 'utf8'));

/** Three layers of five numbers. */
const net = () => {
  const weights = small.weights.map((values, at) => {
    const dims = [values.length, ...(Array.isArray(values[0]) ? [values[0].length] : [])];
    return [`p${at}`, float32(dims, values.flat())] as const;
  });
  const layers: ModelText['nodes'] = [
    ['Gemm', 'x p0 p1', 'h1'],
    ['Relu', 'h1', 'r1'],
    ['Gemm', 'r1 p2 p3', 'h2'],
    ['Relu', 'h2', 'r2'],
    ['Gemm', 'r2 p4 p5', 'logit'],
  ];
  const rows = small.rows.map((row) => `(${row.map((value) => `${value}::DOUBLE`).join(', ')})`);
  return ofNumbers('abcde', layers, Object.fromEntries(weights), rows.join(', '));
};

test.each([
  ['DEEP_LIFT', {}, 1e-5],
  ['FEATURE_ABLATION', {}, 1e-5],
  // Captum's are of all orders, ours of a thousand that are drawn for each row.
  ['SHAPLEY_SAMPLING', { samples: 1000 }, 1e-2],
] as const)('%s from a baseline that is no zero', async (method, options, tolerance) => {
  const baseline = { kind: 'ROW' as const, inputs: { x: small.baseline } };
  const [result] = await attributed(net(), { method, baseline, ...options });
  const expected = small.expected[method];
  const scale = Math.max(...expected.flat().map(Math.abs));
  for (const feature of small.baseline.keys()) {
    const values = expected.map((row) => row[feature] as number);
    expect(Math.abs((result?.mean[feature] as number) - mean(...values))).toBeLessThan(tolerance * scale);
    // Of a mean over random orders, the absolute value lies a little above.
    expect(Math.abs((result?.score[feature] as number) - mean(...values.map(Math.abs)))).toBeLessThan(
      tolerance * scale,
    );
  }
});
