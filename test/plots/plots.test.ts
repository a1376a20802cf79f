import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EvaluationResult } from '../../src/analysis/quality/evaluation.ts';
import type { MomentsResult } from '../../src/analysis/units/moments.ts';
import { evaluationPlot } from '../../src/plots/evaluation.ts';
import { histogramPlot } from '../../src/plots/histogram.ts';
import { interactionsPlot } from '../../src/plots/interactions.ts';
import { correlationPlot, layerPlot } from '../../src/plots/layer.ts';
import { probePlot } from '../../src/plots/probe.ts';
import { responsePlot } from '../../src/plots/response.ts';
import { saliencyPlot } from '../../src/plots/saliency.ts';
import { withoutSharedPath } from '../../src/plots/vega-lite.ts';
import { waterfallPlot } from '../../src/plots/waterfall.ts';
import { draw, marksOf } from './draw.ts';

const slice = (name: string, auc: number) => ({ slice: name, auc, normalizedEntropy: 0.9, rowCount: 10 });

describe('plots are drawn as they are', () => {
  test('an evaluation: AUC and normalized entropy by partition, a gap where there is none', async () => {
    const byPartition = [slice('2013-10', 0.7), slice('2013-11', Number.NaN), slice('2013-12', 0.6)];
    const svg = await draw(evaluationPlot({ byPartition } as unknown as EvaluationResult, 'flights 2'));
    expect(svg).toContain('How good flights 2 is, partition by partition');
    expect(svg).toContain('2013-12');
    expect(marksOf(svg, 'symbol')).toBe(2 + 3);
  });

  test('probes: a line over layers for each partition, and one for all rows', async () => {
    const byPartition = [slice('10', 0.7), slice('11', Number.NaN)];
    const result = { auc: 0.65, byPartition } as unknown as EvaluationResult;
    const svg = await draw(
      probePlot(
        [
          { layer: 'relu', result },
          { layer: 'relu_1', result },
        ],
        'flights 2',
      ),
    );
    expect(svg).toContain('What each layer of flights 2 knows');
    expect(svg).toContain('relu_1');
    expect(marksOf(svg, 'symbol')).toBe(2 + 2);
  });

  test('an evaluation without partitions is one point', async () => {
    const whole = { ...slice('', 0.7), byPartition: [] } as unknown as EvaluationResult;
    expect(marksOf(await draw(evaluationPlot(whole, 'flights 2')), 'symbol')).toBe(2);
  });

  test('a histogram: a bar for each bin, by label where there is one', async () => {
    const data = { edges: [0, 0.5, 1], counts: [3, 5], positiveCounts: null };
    expect(marksOf(await draw(histogramPlot(data, 'the score')), 'rect')).toBe(2);
    const labelled = await draw(histogramPlot({ ...data, positiveCounts: [1, 2] }, 'the score'));
    expect(marksOf(labelled, 'rect')).toBe(4);
    expect(labelled).toContain('How the score is distributed');
    expect(labelled).not.toContain('0 or none');
    const some = { ...data, positiveCounts: [1, 2], unlabelledCount: 1 };
    expect(await draw(histogramPlot(some, 'the score'))).toContain('0 or none');
  });

  test('a histogram of a constant: a bar that can be seen', async () => {
    const svg = await draw(histogramPlot({ edges: [2, 2, 2], counts: [8, 0], positiveCounts: null }, 'a dead neuron'));
    const widths = [...svg.matchAll(/aria-roledescription="bar" d="M[^"h]*h([\d.]+)/g)].map(([, width]) =>
      Number(width),
    );
    expect(Math.max(...widths)).toBeGreaterThan(100);
  });

  test('a layer: a point and a line for each neuron', async () => {
    const moments = { mean: Float64Array.of(1, 2, 3), standardDeviation: Float64Array.of(0, 1, 1) };
    const svg = await draw(layerPlot(moments as unknown as MomentsResult, 'relu_3'));
    expect([marksOf(svg, 'symbol'), marksOf(svg, 'rule')]).toEqual([3, 3]);
  });

  test('attributions: a bar and an interval for each feature', async () => {
    const bars = [
      { name: 'tailnum', score: 2, low: 1.5, high: 2.5 },
      { name: 'hour', score: 1, low: null, high: null },
    ];
    const svg = await draw(saliencyPlot(bars, 'flights 2'));
    expect(svg).toContain('Which features drive flights 2');
    expect(marksOf(svg, 'rect')).toBe(2);
  });

  test('correlations: a cell for each pair', async () => {
    const svg = await draw(
      correlationPlot(
        [3, 9],
        [
          [1, null],
          [null, null],
        ],
      ),
    );
    expect(marksOf(svg, 'rect')).toBeGreaterThanOrEqual(1);
  });

  test('a row explained: a bar for each contribution from the baseline to the target, and what is not attributed', async () => {
    const contributions = [
      { name: 'hour = 17', attribution: 2 },
      { name: 'carrier = UA', attribution: -0.5 },
    ];
    const complete = { start: { baseline: -1, gap: 0.25 }, target: 0.25, contributions };
    const svg = await draw(waterfallPlot(complete, 'Why row 3'));
    expect(marksOf(svg, 'rect')).toBe(3);
    expect(svg).toContain('not attributed');
    expect(svg).toContain('from -1 at the baseline to 0.25 on this row');
    const many = Array.from({ length: 30 }, (_, at) => ({ name: `x${at}`, attribution: at }));
    const bars = await draw(waterfallPlot({ start: null, target: 3, contributions: many }, 'Why row 4'));
    expect(marksOf(bars, 'rect')).toBe(12);
    expect(bars).toContain('19 others');
  });

  test('a response: a line with its spread of a number, points of a category', async () => {
    const points = [1, 2, 3].map((value) => ({ value, mean: value, standardDeviation: 0.5 }));
    const curve = await draw(responsePlot(points, 'hour', true));
    expect(marksOf(curve, 'symbol')).toBe(3);
    expect(marksOf(curve, 'area')).toBe(1);
    const categories = await draw(responsePlot(points, 'origin', false));
    expect([marksOf(categories, 'symbol'), marksOf(categories, 'rule')]).toEqual([3, 3]);
  });

  test('interactions: a cell for each pair of features, either way round', async () => {
    const pairs = [
      { features: ['a', 'b'] as const, score: 2 },
      { features: ['a', 'c'] as const, score: 1 },
      { features: ['b', 'c'] as const, score: 0 },
    ];
    const svg = await draw(interactionsPlot(['a', 'b', 'c'], pairs, 'flights 2'));
    expect(marksOf(svg, 'rect')).toBe(6);
    expect(svg).toContain('Which features of flights 2 work together');
  });
});

describe('names on an axis', () => {
  test('leave out the path that all share, whatever stands before it', () => {
    expect(withoutSharedPath(['model/a', 'model/b/c'])).toEqual(['a', 'b/c']);
    expect(withoutSharedPath(['/fc1/Relu_output_0', '/fc2/Relu_output_0'])).toEqual([
      'fc1/Relu_output_0',
      'fc2/Relu_output_0',
    ]);
    expect(withoutSharedPath(['/fc1/Relu_output_0', 'probability'])).toEqual(['/fc1/Relu_output_0', 'probability']);
    expect(withoutSharedPath(['model/a'])).toEqual(['model/a']);
    expect(withoutSharedPath([])).toEqual([]);
  });

  test('are cut at the last slash that all have in common, for names of any kind', () => {
    const name = fc.array(fc.constantFrom('/', 'a', 'b', 'relu'), { maxLength: 6 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(name, { minLength: 2, maxLength: 5 }), (names) => {
        const short = withoutSharedPath(names);
        const [first = '', ...others] = names;
        const shared = first.slice(0, first.length - (short[0] as string).length);
        expect(shared).toMatch(/^(.*\/)?$/);
        expect(short.map((rest) => shared + rest)).toEqual(names);
        const longer = first.slice(0, first.indexOf('/', shared.length) + 1);
        expect(longer !== '' && others.every((other) => other.startsWith(longer))).toBe(false);
      }),
    );
  });
});
