import { colors, type VegaLite, vegaLite, widthFor } from './vega-lite.ts';

export interface CurvePoint {
  readonly value: unknown;
  readonly mean: number;
  readonly standardDeviation: number;
}

/** Mean target by the value that the feature is set to, and one standard deviation over rows to either side. */
export function responsePlot(points: readonly CurvePoint[], feature: string, isNumber: boolean): VegaLite {
  const values = points.map(({ value, mean, standardDeviation }) => ({
    value: isNumber ? value : String(value),
    mean,
    low: mean - standardDeviation,
    high: mean + standardDeviation,
  }));
  const x = isNumber
    ? { field: 'value', type: 'quantitative', title: feature, scale: { zero: false, nice: false } }
    : { field: 'value', type: 'nominal', sort: null, title: feature };
  const y = { type: 'quantitative', title: 'target', scale: { zero: false } };
  const spread = isNumber
    ? { mark: { type: 'area', color: colors.first, opacity: 0.2 } }
    : { mark: { type: 'rule', color: colors.first, opacity: 0.5 } };
  return vegaLite(`How the target answers to ${feature}`, values, {
    width: isNumber ? 480 : widthFor(points.length, 32),
    height: 240,
    layer: [
      { ...spread, encoding: { x, y: { field: 'low', ...y }, y2: { field: 'high' } } },
      {
        mark: isNumber
          ? { type: 'line', point: { color: colors.first }, color: colors.first, tooltip: true }
          : { type: 'point', filled: true, size: 50, color: colors.first, opacity: 1, tooltip: true },
        encoding: { x, y: { field: 'mean', ...y } },
      },
    ],
  });
}
