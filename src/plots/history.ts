import { colors, type VegaLite, vegaLite, widthFor } from './vega-lite.ts';

/** A model on one partition; null where a figure does not exist. */
export interface HistoryPlotPoint {
  readonly partition: string;
  readonly rows: number;
  readonly score: number;
  readonly scoreLow: number | null;
  readonly scoreHigh: number | null;
  readonly positives: number | null;
  readonly AUC: number | null;
  readonly aucLow: number | null;
  readonly aucHigh: number | null;
  readonly PSI: number | null;
}

const x = { field: 'partition', type: 'ordinal', sort: null, title: null };
const band = (low: string, high: string, color: string): VegaLite => ({
  mark: { type: 'rule', color, opacity: 0.5 },
  encoding: { x, y: { field: low, type: 'quantitative' }, y2: { field: high } },
});
const line = (field: string, title: string, color: string): VegaLite => ({
  mark: { type: 'line', point: { color }, color, tooltip: true },
  encoding: { x, y: { field, type: 'quantitative', title, scale: { zero: false } } },
});

/** From top to bottom: quality, scores beside what happened, drift, and how many rows; only panels that have something to show. */
export function historyPlot(points: readonly HistoryPlotPoint[], model: string): VegaLite {
  const has = (field: keyof HistoryPlotPoint): boolean => points.some((point) => point[field] !== null);
  const size = { width: widthFor(points.length, 24), height: 110 };
  const rows = {
    ...size,
    height: 50,
    mark: { type: 'bar', color: colors.text, opacity: 0.6, tooltip: true },
    encoding: { x, y: { field: 'rows', type: 'quantitative', axis: { tickCount: 2 } } },
  };
  const scores = [
    band('scoreLow', 'scoreHigh', colors.second),
    line('score', 'mean score', colors.second),
    ...(has('positives') ? [line('positives', 'mean score, share of positives', colors.third)] : []),
  ];
  const drift = [
    { mark: { type: 'rule', strokeDash: [4, 4], color: colors.text }, encoding: { y: { datum: 0.25 } } },
    line('PSI', 'PSI of the score', colors.first),
  ];
  return vegaLite(`How ${model} fares, partition by partition, with 95 % intervals`, points, {
    vconcat: [
      ...(has('AUC')
        ? [{ ...size, layer: [band('aucLow', 'aucHigh', colors.first), line('AUC', 'AUC', colors.first)] }]
        : []),
      { ...size, layer: scores },
      ...(has('PSI') ? [{ ...size, height: 80, layer: drift }] : []),
      rows,
    ],
  });
}
