import type { EvaluationResult } from '../analysis/quality/evaluation.ts';
import { number } from './evaluation.ts';
import { colors, type VegaLite, vegaLite, widthFor, withoutSharedPath } from './vega-lite.ts';

interface ProbedLayer {
  readonly layer: string;
  readonly result: Pick<EvaluationResult, 'auc' | 'byPartition'>;
}

/** AUC of probes, layer after layer: over all rows, and a line for each partition. The colours go by the order of partitions. */
export function probePlot(probes: readonly ProbedLayer[], model: string): VegaLite {
  const names = withoutSharedPath(probes.map(({ layer }) => layer));
  const values = probes.flatMap(({ result }, at) => [
    { layer: names[at], slice: 'all rows', AUC: number(result.auc) },
    ...result.byPartition.map(({ slice, auc }) => ({ layer: names[at], slice, AUC: number(auc) })),
  ]);
  const x = { field: 'layer', type: 'ordinal', sort: null, title: null, axis: { labelAngle: -40 } };
  const y = { field: 'AUC', type: 'quantitative', scale: { zero: false } };
  const isAll = { equal: 'all rows', field: 'slice' };
  return vegaLite([`What each layer of ${model} knows:`, 'AUC of probes, dashed over all rows'], values, {
    width: widthFor(probes.length, 60),
    height: 240,
    layer: [
      {
        transform: [{ filter: { not: isAll } }],
        mark: { type: 'line', point: true, tooltip: true, opacity: 0.7 },
        encoding: {
          x,
          y,
          // Its darkest part would not be seen on a dark ground, nor its lightest on a light one.
          color: {
            field: 'slice',
            type: 'ordinal',
            sort: null,
            title: 'partition',
            scale: { scheme: { name: 'viridis', extent: [0.35, 0.92] } },
          },
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
