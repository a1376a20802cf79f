import { colors, type VegaLite, vegaLite } from './vega-lite.ts';

export interface ProjectionPlotData {
  readonly layer: string;
  readonly method: string;
  /** Of each component, for its axis. */
  readonly axes: readonly string[];
  readonly points: readonly {
    readonly row: number;
    /** The first two are drawn. */
    readonly coordinates: readonly number[];
    readonly score: number;
    /** −1: none. */
    readonly label: number;
  }[];
}

/** The same points twice: coloured by score, and by label where there is one. */
export function projectionPlot({ layer, method, axes, points }: ProjectionPlotData): VegaLite {
  const values = points.map(({ row, coordinates: [x, y = 0], score, label }) => ({
    row,
    x,
    y,
    score,
    ...(label < 0 ? {} : { label: String(label) }),
  }));
  const [first = '', second] = axes;
  const y = { field: 'y', type: 'quantitative', scale: { zero: false } };
  const panel = (title: string, color: VegaLite): VegaLite => ({
    title: { text: title, color: colors.text },
    width: 360,
    height: 360,
    mark: { type: 'point', filled: true, size: 14, opacity: 0.6, tooltip: true },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: first, scale: { zero: false } },
      y: second === undefined ? { ...y, axis: null } : { ...y, title: second },
      color,
    },
  });
  const byScore = panel('by score', {
    field: 'score',
    type: 'quantitative',
    scale: { range: [colors.first, '#888888', colors.second] },
  });
  const byLabel = panel('by label', {
    field: 'label',
    type: 'nominal',
    scale: { domain: ['0', '1'], range: [colors.first, colors.second] },
  });
  const isLabelled = points.some(({ label }) => label >= 0);
  return vegaLite(`Rows as ${layer} sees them: ${method}`, values, {
    hconcat: isLabelled ? [byScore, byLabel] : [byScore],
    resolve: { scale: { color: 'independent' } },
  });
}
