import { colors, type VegaLite, vegaLite, widthFor } from './vega-lite.ts';

/** The difference of two AUCs on a part of the rows; null where it does not exist. */
export interface DifferenceOnSlice {
  readonly slice: string;
  readonly difference: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly rows: number;
}

/** Above the line at zero the candidate is better; rows are counted below. */
export function comparisonPlot(slices: readonly DifferenceOnSlice[], candidate: string, base: string): VegaLite {
  const width = widthFor(slices.length, 24);
  const x = { field: 'slice', type: 'ordinal', sort: null, title: null };
  const noTicks = { ...x, axis: { labels: false, ticks: false } };
  return vegaLite(`AUC of ${candidate} minus that of ${base}, with 95 % intervals`, slices, {
    vconcat: [
      {
        width,
        height: 160,
        layer: [
          { mark: { type: 'rule', strokeDash: [4, 4], color: colors.text }, encoding: { y: { datum: 0 } } },
          {
            mark: { type: 'rule', color: colors.first, opacity: 0.6 },
            encoding: {
              x: noTicks,
              y: { field: 'low', type: 'quantitative', title: 'AUC difference' },
              y2: { field: 'high' },
            },
          },
          {
            mark: { type: 'point', filled: true, size: 50, color: colors.first, opacity: 1, tooltip: true },
            encoding: { x: noTicks, y: { field: 'difference', type: 'quantitative' } },
          },
        ],
      },
      {
        width,
        height: 50,
        mark: { type: 'bar', color: colors.text, opacity: 0.6, tooltip: true },
        encoding: { x, y: { field: 'rows', type: 'quantitative', axis: { tickCount: 2 } } },
      },
    ],
  });
}
