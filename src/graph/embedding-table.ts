import { type FrequencyBucket as Bucket, normByFrequency } from '../analysis/tables/frequency.ts';
import { nearest } from '../analysis/tables/nearest.ts';
import { tableNorms } from '../analysis/tables/norms.ts';
import { informationAbundance, type SpectrumResult, tableRank, tableSpectrum } from '../analysis/tables/spectrum.ts';
import { histogramOf } from '../analysis/units/distribution.ts';
import { lookupsOf } from '../data/manifest/carriers.ts';
import { vocabularyLines } from '../data/manifest/vocabulary-lines.ts';
import { badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import { frequencyPlot } from '../plots/frequency.ts';
import { ask, askTable, type RowsArgument } from '../questions/ask.ts';
import { builder } from './builder.ts';
import { wholeBetween } from './column-argument.ts';
import type { Context } from './context.ts';
import { Histogram } from './histogram.ts';
import { orNull } from './number.ts';
import { Feature, type FeatureOfModel } from './references.ts';
import { RowsInput } from './rows-input.ts';

interface TableOfFeature extends FeatureOfModel {
  readonly table: string;
  readonly entryCount: number;
  readonly dimension: number;
  /** What the graph adds to an id of the feature to have the number of its entry; null where it does anything else. */
  readonly offset: number | null;
}

/** In topological order of their first lookups. */
function tablesOf({ model, feature }: FeatureOfModel): TableOfFeature[] {
  const tables = new Map<string, TableOfFeature>();
  for (const { lookup, places } of lookupsOf(model.graph, feature)) {
    const { table, entryCount, dimension, offsets } = lookup;
    const offset = offsets[places[0] as number] ?? null;
    if (!tables.has(table)) tables.set(table, { model, feature, table, entryCount, dimension, offset });
  }
  return [...tables.values()];
}

const spectrumOf = async ({ model, table }: TableOfFeature, context: Context): Promise<SpectrumResult> =>
  (await askTable(context, tableSpectrum, { table }, model)).value;

const bucketsOf = async (
  { model, table }: TableOfFeature,
  rows: RowsArgument,
  context: Context,
): Promise<readonly Bucket[]> => (await ask(context, normByFrequency, { table }, { model, rows })).value;

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
      description: 'And this often at most; null for the last bucket, which has no end.',
      resolve: ({ maximum }) => maximum,
    }),
    entryCount: t.field({
      type: 'SafeInt',
      description: 'How many they are.',
      resolve: ({ entryCount }) => entryCount,
    }),
    meanNorm: t.float({
      nullable: true,
      description: 'Mean of their L2 norms; null without entries.',
      resolve: ({ meanNorm }) => orNull(meanNorm),
    }),
  }),
});

interface Neighbour {
  readonly entry: number;
  readonly cosine: number;
  readonly value: string | null;
}

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
    cosine: t.exposeFloat('cosine', { description: 'Of the angle between the two, from -1 to 1.' }),
  }),
});

/** Throws BAD_USER_INPUT for an entry that the table does not have. */
async function nearestTo(of: TableOfFeature, id: number, first: number, context: Context): Promise<Neighbour[] | null> {
  const { model, table, entryCount } = of;
  if (id < 0 || id >= entryCount)
    throw badUserInput(
      'id',
      `\`id\` is ${id}; the table “${table}” has ${entryCount} entries, from 0 to ${entryCount - 1}.`,
    );
  const count = wholeBetween('first', first, 0, analysisLimits.nearestCount);
  const { value } = await askTable(context, nearest, { table, id }, model);
  if (value === null) return null;
  const entries = [...value.id.subarray(0, count)];
  const values = await rawValues(of, entries, context);
  return entries.map((entry, at) => ({ entry, cosine: value.cosine[at] as number, value: values.get(entry) ?? null }));
}

/** By number of the entry; entries that no line of the feature's vocabulary stands for are left out. */
async function rawValues(
  { model, feature, offset }: TableOfFeature,
  entries: readonly number[],
  { home }: Context,
): Promise<Map<number, string>> {
  const isList = feature.kind === 'CATEGORICAL' || feature.kind === 'SEQUENCE';
  if (!isList || feature.vocabulary === undefined || offset === null) return new Map();
  const shift = offset + (feature.offset ?? 0);
  const lines = entries.map((entry) => entry - shift);
  const found = await vocabularyLines(home, model.manifest, feature.vocabulary, lines);
  return new Map([...found].map(([line, text]) => [line + shift, text]));
}

const rowsArgument = { type: RowsInput, required: true, description: 'Rows of a dataset.' } as const;

const EmbeddingTable = builder.objectRef<TableOfFeature>('EmbeddingTable').implement({
  description: 'What became of an embedding table in training. Computed from the weights, streamed.',
  fields: (t) => ({
    name: t.string({ description: 'The name of the weight tensor.', resolve: ({ table }) => table }),
    entryCount: t.field({
      type: 'SafeInt',
      description: 'Entries, that of a padding id among them.',
      resolve: ({ entryCount }) => entryCount,
    }),
    dimension: t.exposeInt('dimension', { description: 'Numbers in an entry.' }),
    norms: t.field({
      type: Histogram,
      nullable: true,
      description: 'L2 norms of the entries, in equal-width bins between the smallest and the largest.',
      args: { bins: t.arg.int({ defaultValue: 40, description: 'How many, from 1 to 1,200.' }) },
      async resolve({ model, table }, { bins }, context) {
        const count = wholeBetween('bins', bins ?? 40, 1, analysisLimits.distributionBins);
        const { value } = await askTable(context, tableNorms, { table }, model);
        const what = `the L2 norm of the entries of ${table}`;
        return { ...histogramOf(value, 0, count), what, counted: 'entries' };
      },
    }),
    informationAbundance: t.float({
      nullable: true,
      description:
        'Sum of the singular values over the largest (Guo et al. 2024): near 1 for a collapsed table; null for a zero table.',
      resolve: async (of, _, context) => orNull(informationAbundance(await spectrumOf(of, context))),
    }),
    effectiveRank: t.float({
      nullable: true,
      description:
        'Participation ratio of the spectrum, (sum of squared singular values)^2 over the sum of their fourth powers; null for a zero table.',
      resolve: async (of, _, context) => orNull(tableRank(await spectrumOf(of, context))),
    }),
    normByFrequency: t.field({
      type: [FrequencyBucket],
      nullable: true,
      description:
        'Mean norm of entries by how often they occur in the rows: never, once, then powers of ten (2 to 9, 10 to 99, …). Every id of a row counts, of whichever feature that uses the table; the padding of sequences does not.',
      args: { rows: t.arg(rowsArgument) },
      resolve: (of, { rows }, context) => bucketsOf(of, rows, context),
    }),
    normByFrequencyPlot: t.field({
      type: 'VegaLite',
      nullable: true,
      description: 'Mean norm by frequency, as bars.',
      args: { rows: t.arg(rowsArgument) },
      resolve: async (of, { rows }, context) => frequencyPlot(await bucketsOf(of, rows, context), of.table),
    }),
    nearest: t.field({
      type: [NearestEntry],
      nullable: true,
      description:
        'The entries closest to this one by cosine, largest first, ties by number; without itself and without zero entries. null for a zero entry.',
      args: {
        id: t.arg({ type: 'SafeInt', required: true, description: 'Number of the entry, from 0.' }),
        first: t.arg.int({ defaultValue: 10, description: 'How many, at most 1,000.' }),
      },
      resolve: (of, { id, first }, context) => nearestTo(of, id, first ?? 10, context),
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
