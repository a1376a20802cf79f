import type { MomentsResult } from '../analysis/units/moments.ts';
import { colors, type VegaLite, vegaLite, widthFor } from './vega-lite.ts';

/** Mean and standard deviation of every neuron, which is what Guo et al. 2018 call neuron status. */
export function layerPlot({ mean, standardDeviation }: MomentsResult, layer: string): VegaLite {
  const values = Array.from(mean, (value, neuron) => ({
    neuron,
    mean: value,
    low: value - (standardDeviation[neuron] as number),
    high: value + (standardDeviation[neuron] as number),
  }));
  const x = {
    field: 'neuron',
    type: 'quantitative',
    scale: { nice: false, padding: 6 },
    axis: { format: 'd', tickMinStep: 1 },
  };
  return vegaLite(`Mean activation of the neurons of ${layer}, and one standard deviation to either side`, values, {
    width: widthFor(values.length, 6),
    height: 220,
    layer: [
      {
        mark: { type: 'rule', color: colors.first, opacity: 0.5 },
        encoding: { x, y: { field: 'low', type: 'quantitative', title: 'activation' }, y2: { field: 'high' } },
      },
      {
        mark: { type: 'point', filled: true, size: 20, color: colors.first, opacity: 1, tooltip: true },
        encoding: { x, y: { field: 'mean', type: 'quantitative' } },
      },
    ],
  });
}

/** `values[i][j]` between units[i] and units[j], from −1 to 1; null where one is constant. */
export function correlationPlot(units: readonly number[], values: readonly (readonly (number | null)[])[]): VegaLite {
  const cells = values.flatMap((line, i) =>
    line.map((correlation, j) => ({ neuron: String(units[i]), other: String(units[j]), correlation })),
  );
  const axis = { type: 'ordinal', sort: null, title: 'neuron' };
  const size = widthFor(units.length, 12);
  return vegaLite('How neurons go together: Pearson correlation of their activations', cells, {
    width: size,
    height: size,
    mark: { type: 'rect', tooltip: true },
    encoding: {
      x: { field: 'neuron', ...axis },
      y: { field: 'other', ...axis },
      color: {
        field: 'correlation',
        type: 'quantitative',
        scale: { domain: [-1, 0, 1], range: [colors.second, '#88888822', colors.first] },
      },
    },
  });
}
