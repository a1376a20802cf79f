import type { EvaluationResult } from '../analysis/quality/evaluation.ts';
import { colors, type VegaLite, vegaLite, widthFor } from './vega-lite.ts';

/** AUC and normalized entropy of each partition, or of all rows where there are none. */
export function evaluationPlot({ byPartition, ...whole }: EvaluationResult, model: string): VegaLite {
  const slices = byPartition.length > 0 ? byPartition : [{ ...whole, slice: 'all rows' }];
  const values = slices.map(({ slice, auc, normalizedEntropy, rowCount }) => ({
    slice,
    AUC: number(auc),
    'normalized entropy': number(normalizedEntropy),
    rows: rowCount,
  }));
  const title = byPartition.length > 0 ? `How good ${model} is, partition by partition` : `How good ${model} is`;
  return vegaLite(title, values, {
    vconcat: [
      panel('AUC', colors.first, 0.5, slices.length),
      panel('normalized entropy', colors.second, 1, slices.length),
    ],
  });
}

/** With a line at the figure of a model that knows nothing. */
const panel = (field: string, color: string, chance: number, count: number): VegaLite => ({
  width: widthFor(count, 24),
  height: 120,
  layer: [
    { mark: { type: 'rule', strokeDash: [4, 4], color: colors.text }, encoding: { y: { datum: chance } } },
    {
      mark: { type: 'line', point: { color }, color, tooltip: true },
      encoding: {
        x: { field: 'slice', type: 'ordinal', sort: null, title: null },
        y: { field, type: 'quantitative', scale: { zero: false } },
      },
    },
  ],
});

export const number = (value: number): number | null => (Number.isFinite(value) ? value : null);
