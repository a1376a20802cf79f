import { colors, type VegaLite, vegaLite } from './vega-lite.ts';

/** Equal-width bins; `positiveCounts` of those rows with label 1. */
export interface HistogramData {
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  readonly positiveCounts: readonly number[] | null;
  /** How many of all have no label; none when omitted. */
  readonly unlabelledCount?: number;
}

export function histogramPlot(
  { edges, counts, positiveCounts, unlabelledCount = 0 }: HistogramData,
  what: string,
  counted = 'rows',
): VegaLite {
  // What is constant has bins of no width, which nobody would see.
  const margin = edges[0] === edges.at(-1) ? 0.5 : 0;
  const bin = (at: number) => ({ low: (edges[at] ?? 0) - margin, high: (edges[at + 1] ?? 0) + margin });
  const other = unlabelledCount > 0 ? '0 or none' : '0';
  const values =
    positiveCounts === null
      ? counts.map((count, at) => ({ ...bin(at), count }))
      : counts.flatMap((count, at) => [
          { ...bin(at), label: other, count: count - (positiveCounts[at] ?? 0) },
          { ...bin(at), label: '1', count: positiveCounts[at] ?? 0 },
        ]);
  const color = {
    field: 'label',
    type: 'nominal',
    scale: { domain: [other, '1'], range: [colors.first, colors.second] },
  };
  return vegaLite(`How ${what} is distributed`, values, {
    width: 480,
    height: 200,
    mark: { type: 'bar', color: colors.first, binSpacing: 0, tooltip: true },
    encoding: {
      x: { field: 'low', bin: { binned: true }, type: 'quantitative', title: what },
      x2: { field: 'high' },
      y: { field: 'count', type: 'quantitative', stack: 'zero', title: counted },
      ...(positiveCounts === null ? {} : { color }),
    },
  });
}
