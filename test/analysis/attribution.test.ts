import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { AttributionResult } from '../../src/analysis/attribution.ts';
import { gaussLegendre } from '../../src/analysis/attributions/gauss-legendre.ts';
import type { AttributionMethod, AttributionSpec } from '../../src/analysis/attributions/method.ts';
import { optionsOf } from '../../src/analysis/attributions/options.ts';
import type { TargetSpace } from '../../src/analysis/target.ts';
import { float32 } from '../../src/compute/tensor.ts';
import type { RowSelection } from '../../src/data/types.ts';
import { modelOf, temporaryFolder, written } from '../compute/onnx/models.ts';
import { writeParquet } from '../data/parquet.ts';
import { answersOf } from '../support/pass.ts';
import { attributed, mean, sequence } from './attributions/nets.ts';

type Figures = Record<
  'score' | 'scoreDeviation' | 'scoreWhenPositive' | 'scoreWhenNegative' | 'mean' | 'standardDeviation',
  number[]
>;
type Expected = Record<string, Figures & { completeness?: Record<string, number> }>;
/** By Captum, in float64, over the flights of October: test/fixtures/generate/attribution.py. */
const expected: Record<string, Expected> = JSON.parse(readFileSync('test/fixtures/flights/attribution.json', 'utf8'));
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
    const { completeness, ...figures } = (expected[version] as Expected)[name] as Expected[string];
    expect(result.rowCount).toBe(28_618);
    for (const [figure, values] of Object.entries(figures)) {
      const scale = Math.max(...values.map(Math.abs));
      const actual = result[figure as keyof Figures];
      expect(actual).toHaveLength(values.length);
      for (const [player, value] of values.entries())
        expect(Math.abs((actual[player] as number) - value), `${figure} ${player}`).toBeLessThan(1e-4 * scale);
    }
    const { baselineValue } = result;
    expect({ baselineValue, ...result.completeness }).toMatchObject(
      closeTo({ baselineValue: undefined, ...completeness }),
    );
  });
});

const closeTo = (values: Readonly<Record<string, number | undefined>>) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value === undefined ? value : expect.closeTo(value, 4)]),
  );

/** Captum's, and PyTorch's from the same draws: test/fixtures/generate/attribution_day.py. */
const day: Record<string, Record<string, Pick<Figures, 'score' | 'mean'>>> & {
  rowCount: number;
  baselineCount: number;
} = JSON.parse(readFileSync('test/fixtures/flights/attribution-day.json', 'utf8'));
const ofDay: [name: string, method: AttributionMethod, options?: Partial<AttributionSpec>][] = [
  ['INTEGRATED_GRADIENTS from the mean', 'INTEGRATED_GRADIENTS', { baseline: { kind: 'MEAN' } }],
  ['DEEP_LIFT', 'DEEP_LIFT'],
  ['SMOOTHGRAD', 'SMOOTHGRAD'],
  ['SMOOTHGRAD_SQUARED', 'SMOOTHGRAD_SQUARED'],
  ['VARGRAD', 'VARGRAD'],
  ['GRADIENT_SHAP', 'GRADIENT_SHAP'],
  ['GRADIENT_SHAP with noise', 'GRADIENT_SHAP', { noise: 0.1 }],
  ['GRADIENT_SHAP from rows', 'GRADIENT_SHAP', { baseline: { kind: 'DRAWN' } }],
  ['FEATURE_ABLATION', 'FEATURE_ABLATION'],
];

describe.each(['v1', 'v2'])('methods that run copies of a row, over a day of flights, %s', (version) => {
  const on = (date: string) => {
    const folder = `examples/flights/${version}`;
    return {
      model: `${folder}/model.onnx`,
      manifest: JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8')) as unknown,
      rows: 'examples/flights/flights.parquet',
      selection: {
        partitions: null,
        where: [{ column: 'date', op: 'EQ' as const, value: date }],
        invalid: 'FAIL' as const,
      },
    };
  };
  let results: AttributionResult[];

  beforeAll(async () => {
    const [from] = await answersOf(on('2013-09-03'), [{ name: 'baselineRows', spec: {} }]);
    expect(from).toMatchObject({ rowCount: day.baselineCount });
    const questions = ofDay.map(([, method, options = {}]) => {
      const { baseline: _, ...defaults } = optionsOf[method];
      const partKeys = options.baseline?.kind === 'DRAWN' ? ['from'] : [];
      return { name: 'attribution', spec: { method, target: { space: 'LOGIT' }, ...defaults, ...options }, partKeys };
    });
    results = (await answersOf(on('2013-10-02'), questions, { from })) as AttributionResult[];
  });

  test.each(ofDay.map(([name], at) => [name, at] as const))('%s, of every feature and group', (name, at) => {
    expect(results[at]?.rowCount).toBe(day.rowCount);
    for (const [figure, values] of Object.entries(day[version]?.[name] ?? {})) {
      const scale = Math.max(...values.map(Math.abs));
      const actual = Array.from(results[at]?.[figure as 'score' | 'mean'] ?? []);
      expect(actual).toEqual(
        values.map((value) => expect.toSatisfy((own: number) => Math.abs(own - value) < 1e-4 * scale)),
      );
    }
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

describe('by hand: a sequence and a number', () => {
  const asks = (...methods: AttributionMethod[]): Promise<AttributionResult[]> =>
    attributed(
      // Two ids, one id and padding, nothing but padding.
      sequence('([1, 2], 1.0), ([2], -2.0), ([]::INT[], 0.0)'),
      ...methods.map((method) => ({ method, ...(method === 'INTEGRATED_GRADIENTS' ? { steps: 3 } : {}) })),
    );
  const expectClose = (actual: Float64Array | undefined, wanted: number[]): void => {
    expect(actual).toHaveLength(wanted.length);
    for (const [at, value] of wanted.entries()) expect(actual?.[at]).toBeCloseTo(value, 5);
  };

  test('the gradient is (1, 2) at every filled position, and 3', async () => {
    const [saliency] = await asks('SALIENCY');
    const norms = [Math.sqrt(10), Math.sqrt(5), 0];
    expectClose(saliency?.score, [mean(...norms), 3, mean(...norms.map((norm) => Math.hypot(norm, 3)))]);
    expectClose(saliency?.mean, [mean(6, 3, 0), 3, mean(9, 6, 3)]);
  });

  test('padding is never moved and never counted: it stays in the baseline', async () => {
    const [, integrated] = await asks('INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS');
    // Ids 1 and 2 are worth 1 and 4.
    expectClose(integrated?.mean, [mean(5, 4, 0), mean(3, -6, 0), mean(8, -2, 0)]);
    // The zero embedding in place of ids, the padding's own (5 + 2·5) where there is padding.
    expect(integrated?.baselineValue).toBeCloseTo(mean(0, 15, 30), 4);
    expect(integrated?.completeness?.maxAbsoluteGap).toBeCloseTo(0, 4);
  });

  test('of a linear net, input times gradient and integrated gradients are the same', async () => {
    const [product, integrated] = await asks('INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS');
    expectClose(product?.score, [...(integrated?.score ?? [])]);
    expectClose(product?.mean, [...(integrated?.mean ?? [])]);
  });
});

test('by hand: what moves a neuron, and nothing where it is off', async () => {
  const model = modelOf({
    inputs: { x: ['float32', [null, 2]] },
    weights: { w: float32([2, 2], Float32Array.of(1, 2, 3, -4)), v: float32([2, 1], Float32Array.of(1, 1)) },
    nodes: [
      ['MatMul', 'x w', 'sum'],
      ['Relu', 'sum', 'hidden'],
      ['MatMul', 'hidden v', 'logit'],
      ['Sigmoid', 'logit', 'score'],
    ],
    outputs: 'score',
  });
  const feature = (name: string, index: number) => ({ name, kind: 'NUMERIC', column: name, input: 'x', index });
  const manifest = {
    score: { output: 'score', index: 0, space: 'PROBABILITY' },
    features: [feature('a', 0), feature('b', 1)],
  };
  const rows = join(await temporaryFolder(), 'rows.parquet');
  // Neuron 1 is max(0, 2a − 4b): on, off.
  await writeParquet(rows, 'SELECT * FROM (VALUES (2.0, 0.5), (1.0, 3.0)) AS t(a, b)');
  const [saliency, integrated] = (await answersOf(
    { model: await written(model), manifest, rows },
    ['SALIENCY', 'INTEGRATED_GRADIENTS'].map((method) => ({
      name: 'attribution',
      spec: { method, target: { layer: 'hidden', unit: 1 } },
    })),
  )) as AttributionResult[];
  expect([...(saliency?.score ?? [])]).toEqual([1, 2]);
  // 4 − 2 = max(0, 2) − 0 on the first row.
  expect(integrated?.mean[0]).toBeCloseTo(2, 5);
  expect(integrated?.mean[1]).toBeCloseTo(-1, 5);
});

test('the deviation over rows is exact to 1e-5 however far from all others the first row lies', async () => {
  const ages = Array.from({ length: 4096 }, (_, at) => (at === 0 ? 3000 : (at % 7) - 3));
  const [result] = await attributed(sequence(ages.map((age) => `([1, 2], ${age})`).join(', ')), {
    method: 'INPUT_X_GRADIENT',
  });
  // What age is worth: three times itself.
  const worth = ages.map((age) => 3 * age);
  const deviation = Math.sqrt(mean(...worth.map((one) => (one - mean(...worth)) ** 2)));
  expect(Math.abs((result?.standardDeviation[1] ?? Number.NaN) / deviation - 1)).toBeLessThan(1e-5);
});
