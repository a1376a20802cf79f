import { type HistogramData, histogramPlot } from '../../plots/histogram.ts';
import { builder } from '../builder/builder.ts';

export interface NamedHistogram extends HistogramData {
  /** What is counted, for the plot's title. */
  readonly what: string;
  /** Rows when omitted. */
  readonly counted?: string;
}

export const Histogram = builder.objectRef<NamedHistogram>('Histogram').implement({
  description: 'Counts in equal-width bins.',
  fields: (t) => ({
    edges: t.floatList({
      description: 'Ends of the bins, ascending: one more than there are counts.',
      resolve: ({ edges }) => [...edges],
    }),
    counts: t.field({
      type: ['SafeInt'],
      description: 'How many lie in each bin.',
      resolve: ({ counts }) => [...counts],
    }),
    positiveCounts: t.field({
      type: ['SafeInt'],
      nullable: true,
      description:
        'How many of rows with label 1 lie in each bin; in a layer with positions, how many of their positions. It is null where no row has a label, and where what is counted has none.',
      resolve: ({ positiveCounts }) => positiveCounts && [...positiveCounts],
    }),
    plot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'A bar for each bin, of two colours where rows have labels.',
      resolve: (data) => histogramPlot(data, data.what, data.counted),
    }),
  }),
});
