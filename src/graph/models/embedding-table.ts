import type { FrequencyBucket as Bucket } from '../../analysis/tables/frequency.ts';
import { frequencyPlot } from '../../plots/frequency.ts';
import { orNull } from '../../questions/or-null.ts';
import {
  bucketsOf,
  effectiveRankOf,
  informationAbundanceOf,
  type Neighbour,
  nearestTo,
  normHistogram,
  type TableOfFeature,
  tablesOf,
} from '../../questions/tables.ts';
import { builder } from '../builder/builder.ts';
import { RowsInput } from '../datasets/rows-input.ts';
import { Histogram } from '../shared/histogram.ts';
import { Feature } from '../shared/references.ts';

const FrequencyBucket = builder.objectRef<Bucket>('FrequencyBucket').implement({
  description: 'Entries of a table that occur about as often.',
  fields: (t) => ({
    minimum: t.field({
      type: 'SafeInt',
      description: 'They occur this often or more.',
      resolve: ({ minimum }) => minimum,
    }),
    maximum: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'They occur this often at most; null for the last bucket, which has no end.',
      resolve: ({ maximum }) => maximum,
    }),
    entryCount: t.field({
      type: 'SafeInt',
      description: 'How many entries they are.',
      resolve: ({ entryCount }) => entryCount,
    }),
    meanNorm: t.float({
      nullable: true,
      description: 'Mean of their L2 norms; null without entries.',
      resolve: ({ meanNorm }) => orNull(meanNorm),
    }),
  }),
});

const NearestEntry = builder.objectRef<Neighbour>('NearestEntry').implement({
  description: 'An entry of a table that points where another one does.',
  fields: (t) => ({
    entry: t.field({
      type: 'SafeInt',
      description: 'Number of the entry in the table; not called id, which clients’ caches take for a node’s.',
      resolve: ({ entry }) => entry,
    }),
    value: t.exposeString('value', {
      nullable: true,
      description: 'The raw value that has this entry, where the manifest has a vocabulary.',
    }),
    cosine: t.exposeFloat('cosine', { description: 'Cosine of the angle between the two, from -1 to 1.' }),
  }),
});

const rowsArgument = { type: RowsInput, required: true, description: 'Rows of a dataset.' } as const;

const EmbeddingTable = builder.objectRef<TableOfFeature>('EmbeddingTable').implement({
  description: 'What became of an embedding table in training. Computed from the weights, streamed.',
  fields: (t) => ({
    name: t.string({ description: 'The name of the weight tensor.', resolve: ({ table }) => table }),
    entryCount: t.field({
      type: 'SafeInt',
      description: 'Number of entries, that of a padding id among them.',
      resolve: ({ entryCount }) => entryCount,
    }),
    dimension: t.exposeInt('dimension', { description: 'Numbers in an entry.' }),
    norms: t.field({
      type: Histogram,
      nullable: true,
      description: 'L2 norms of the entries, in equal-width bins between the smallest and the largest.',
      args: { bins: t.arg.int({ defaultValue: 40, description: 'How many bins, from 1 to 1,200.' }) },
      async resolve(of, { bins }, context) {
        const what = `the L2 norm of the entries of ${of.table}`;
        return { ...(await normHistogram(context, of, bins ?? 40)), what, counted: 'entries' };
      },
    }),
    informationAbundance: t.float({
      nullable: true,
      description:
        'Sum of the singular values over the largest (Guo et al. 2024): near 1 for a collapsed table; null for a zero table.',
      resolve: (of, _, context) => informationAbundanceOf(context, of),
    }),
    effectiveRank: t.float({
      nullable: true,
      description:
        'Participation ratio of the spectrum, (sum of squared singular values)^2 over the sum of their fourth powers; null for a zero table.',
      resolve: (of, _, context) => effectiveRankOf(context, of),
    }),
    normByFrequency: t.field({
      type: [FrequencyBucket],
      nullable: true,
      description:
        'Mean norm of entries by how often they occur in the rows: never, once, then powers of ten (2 to 9, 10 to 99, …). Every id of a row counts, of whichever feature that uses the table; the padding of sequences does not.',
      args: { rows: t.arg(rowsArgument) },
      resolve: (of, { rows }, context) => bucketsOf(context, of, rows),
    }),
    normByFrequencyPlot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'Mean norm by frequency, as bars.',
      args: { rows: t.arg(rowsArgument) },
      resolve: async (of, { rows }, context) => frequencyPlot(await bucketsOf(context, of, rows), of.table),
    }),
    nearest: t.field({
      type: [NearestEntry],
      nullable: true,
      description:
        'The entries closest to this one by cosine, largest first, ties by number; without itself and without zero entries. The list is null for a zero entry.',
      args: {
        id: t.arg({ type: 'SafeInt', required: true, description: 'Number of the entry, from 0.' }),
        first: t.arg.int({ defaultValue: 10, description: 'How many entries, at most 1,000.' }),
      },
      resolve: (of, { id, first }, context) => nearestTo(context, of, id, first ?? 10),
    }),
  }),
});

builder.objectField(Feature, 'embeddings', (t) =>
  t.field({
    type: [EmbeddingTable],
    description: 'The tables behind its lookups; empty for numbers.',
    resolve: tablesOf,
  }),
);
