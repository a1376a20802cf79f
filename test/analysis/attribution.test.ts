import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AttributionMethod, AttributionResult } from '../../src/analysis/attribution.ts';
import { gaussLegendre } from '../../src/analysis/gauss-legendre.ts';
import type { TargetSpace } from '../../src/analysis/target.ts';
import type { RowSelection } from '../../src/data/types.ts';
import { answersOf } from '../support/pass.ts';

type Figures = Record<
  'score' | 'scoreDeviation' | 'scoreWhenPositive' | 'scoreWhenNegative' | 'mean' | 'standardDeviation',
  number[]
>;
/** By Captum, in float64, over the flights of October: test/fixtures/generate/attribution.py. */
const expected: Record<string, Record<string, Figures & { completeness: Record<string, number> }>> = JSON.parse(
  readFileSync('test/fixtures/flights/attribution.json', 'utf8'),
);
const october: RowSelection = { partitions: null, where: [{ column: 'month', op: 'EQ', value: 10 }], invalid: 'FAIL' };
const asked: [name: string, method: AttributionMethod, space: TargetSpace][] = [
  ['SALIENCY', 'SALIENCY', 'LOGIT'],
  ['SALIENCY of the probability', 'SALIENCY', 'PROBABILITY'],
  ['INPUT_X_GRADIENT', 'INPUT_X_GRADIENT', 'LOGIT'],
  ['INTEGRATED_GRADIENTS', 'INTEGRATED_GRADIENTS', 'LOGIT'],
];

describe.each(['v1', 'v2'])('attributions of the flights, %s, are Captum’s', (version) => {
  let results: AttributionResult[];

  beforeAll(async () => {
    const folder = `examples/flights/${version}`;
    const manifest: unknown = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'));
    const flights = {
      model: `${folder}/model.onnx`,
      manifest,
      rows: 'examples/flights/flights.parquet',
      label: 'late',
    };
    const questions = asked.map(([, method, space]) => ({ name: 'attribution', spec: { method, target: { space } } }));
    results = (await answersOf({ ...flights, selection: october }, questions)) as AttributionResult[];
  });

  test.each(asked.map(([name], at) => [name, at] as const))('%s, of every feature and group', (name, at) => {
    const result = results[at] as AttributionResult;
    const { completeness, ...figures } = expected[version]?.[name] as Figures & {
      completeness?: Record<string, number>;
    };
    expect(result.rowCount).toBe(28_618);
    for (const [figure, values] of Object.entries(figures)) {
      const scale = Math.max(...values.map(Math.abs));
      const actual = result[figure as keyof Figures];
      expect(actual).toHaveLength(values.length);
      for (const [player, value] of values.entries())
        expect(Math.abs((actual[player] as number) - value), `${figure} ${player}`).toBeLessThan(1e-4 * scale);
    }
    for (const [figure, value] of Object.entries(completeness ?? {}))
      expect(result.completeness?.[figure as keyof typeof result.completeness]).toBeCloseTo(value, 4);
  });
});

describe('Gauss–Legendre on [0, 1]', () => {
  test('by hand: one node, two nodes', () => {
    expect(gaussLegendre(1)).toEqual({ nodes: [0.5], weights: [1] });
    const { nodes, weights } = gaussLegendre(2);
    expect(nodes[0]).toBeCloseTo(0.5 - Math.sqrt(1 / 12), 14);
    expect(weights[1]).toBeCloseTo(0.5, 14);
  });

  test.each([3, 10, 50])('%d nodes are exact for polynomials', (count) => {
    const { nodes, weights } = gaussLegendre(count);
    for (const degree of [0, 1, 2, 5])
      expect(nodes.reduce((sum, x, at) => sum + (weights[at] as number) * x ** degree, 0)).toBeCloseTo(
        1 / (degree + 1),
        12,
      );
  });
});
