import type { EvaluationResult } from '../analysis/evaluation.ts';
import { number } from './evaluation.ts';
import { colors, type VegaLite, vegaLite, widthFor } from './vega-lite.ts';

interface ProbedLayer {
  readonly layer: string;
  readonly result: Pick<EvaluationResult, 'auc' | 'byPartition'>;
}

/** AUC of probes, layer after layer: over all rows, and a line for each partition. The colours go by the order of partitions. */
export function probePlot(probes: readonly ProbedLayer[], model: string): VegaLite {
  const values = probes.flatMap(({ layer, result }) => [
    { layer, slice: 'all rows', AUC: number(result.auc) },
    ...result.byPartition.map(({ slice, auc }) => ({ layer, slice, AUC: number(auc) })),
  ]);
  const x = { field: 'layer', type: 'ordinal', sort: null, title: null, axis: { labelAngle: -40 } };
  const y = { field: 'AUC', type: 'quantitative', scale: { zero: false } };
  const isAll = { equal: 'all rows', field: 'slice' };
  return vegaLite(`What each layer of ${model} knows: AUC of probes`, values, {
    width: widthFor(probes.length, 60),
    height: 240,
    layer: [
      {
        transform: [{ filter: { not: isAll } }],
        mark: { type: 'line', point: true, tooltip: true, opacity: 0.7 },
        encoding: {
          x,
          y,
          color: { field: 'slice', type: 'ordinal', sort: null, title: null, scale: { scheme: 'viridis' } },
        },
      },
      {
        transform: [{ filter: isAll }],
        mark: {
          type: 'line',
          point: { color: colors.second },
          tooltip: true,
          color: colors.second,
          strokeDash: [6, 3],
        },
        encoding: { x, y },
      },
    ],
  });
}
