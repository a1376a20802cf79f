import { colors, type VegaLite, vegaLite, widthFor } from './vega-lite.ts';

export interface PairScore {
  readonly features: readonly [string, string];
  readonly score: number;
}

/** A heat map of features by features: both halves, so that a feature's row is all that it works together with. */
export function interactionsPlot(names: readonly string[], pairs: readonly PairScore[], what: string): VegaLite {
  const cells = pairs.flatMap(({ features: [first, second], score }) => [
    { feature: first, other: second, score },
    { feature: second, other: first, score },
  ]);
  const axis = { type: 'nominal', sort: [...names], scale: { domain: [...names] }, title: null };
  const size = widthFor(names.length, 22);
  return vegaLite(`Which features of ${what} work together`, cells, {
    width: size,
    height: size,
    mark: { type: 'rect', tooltip: true },
    encoding: {
      x: { field: 'feature', ...axis },
      y: { field: 'other', ...axis },
      color: {
        field: 'score',
        type: 'quantitative',
        scale: { domainMin: 0, range: ['#88888822', colors.second] },
        title: 'interaction',
      },
    },
  });
}
