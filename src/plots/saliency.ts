import { colors, type VegaLite, vegaLite } from './vega-lite.ts';

export interface Bar {
  readonly name: string;
  readonly score: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** Bars by feature, largest first, with their confidence intervals. */
export function saliencyPlot(bars: readonly Bar[], model: string): VegaLite {
  const y = { field: 'name', type: 'nominal', sort: null, title: null };
  return vegaLite(`Which features drive ${model}`, bars, {
    width: 420,
    height: { step: 18 },
    layer: [
      {
        mark: { type: 'bar', color: colors.first, tooltip: true },
        encoding: {
          y,
          x: { field: 'score', type: 'quantitative', title: 'mean attribution (L2 norm over the carriers)' },
        },
      },
      {
        mark: { type: 'rule', color: colors.text },
        encoding: { y, x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
    ],
  });
}
