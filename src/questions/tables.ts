import { type FrequencyBucket, normByFrequency } from '../analysis/tables/frequency.ts';
import { nearest } from '../analysis/tables/nearest.ts';
import { tableNorms } from '../analysis/tables/norms.ts';
import { informationAbundance, type SpectrumResult, tableRank, tableSpectrum } from '../analysis/tables/spectrum.ts';
import { histogramOf, type UnitHistogram } from '../analysis/units/distribution.ts';
import { lookupsOf } from '../data/manifest/carriers.ts';
import { vocabularyLines } from '../data/manifest/vocabulary-lines.ts';
import { badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import { wholeBetween } from './arguments.ts';
import { ask, askTable, type RowsArgument } from './ask.ts';
import type { Asker } from './asker.ts';
import { binsAsked } from './layers/layer-figures.ts';
import { orNull } from './or-null.ts';
import type { FeatureOfModel } from './structure.ts';

/** An embedding table that a feature is looked up in. */
export interface TableOfFeature extends FeatureOfModel {
  readonly table: string;
  readonly entryCount: number;
  readonly dimension: number;
  /** What the graph adds to an id of the feature to have the number of its entry; null where it does anything else. */
  readonly offset: number | null;
}

/** In topological order of their first lookups. */
export function tablesOf({ model, feature }: FeatureOfModel): TableOfFeature[] {
  const tables = new Map<string, TableOfFeature>();
  for (const { lookup, places } of lookupsOf(model.graph, feature)) {
    const { table, entryCount, dimension, offsets } = lookup;
    const offset = offsets[places[0] as number] ?? null;
    if (!tables.has(table)) tables.set(table, { model, feature, table, entryCount, dimension, offset });
  }
  return [...tables.values()];
}

/** L2 norms of the entries, in equal-width bins. Throws BAD_USER_INPUT for a number of bins that is out of range. */
export async function normHistogram(
  asker: Asker,
  { model, table }: TableOfFeature,
  bins: number,
): Promise<UnitHistogram> {
  const count = binsAsked(bins);
  return histogramOf((await askTable(asker, tableNorms, { table }, model)).value, 0, count);
}

const spectrumOf = async (asker: Asker, { model, table }: TableOfFeature): Promise<SpectrumResult> =>
  (await askTable(asker, tableSpectrum, { table }, model)).value;

/** Sum of the singular values over the largest; null for a zero table. */
export const informationAbundanceOf = async (asker: Asker, of: TableOfFeature): Promise<number | null> =>
  orNull(informationAbundance(await spectrumOf(asker, of)));

/** Participation ratio of the squared singular values; null for a zero table. */
export const effectiveRankOf = async (asker: Asker, of: TableOfFeature): Promise<number | null> =>
  orNull(tableRank(await spectrumOf(asker, of)));

/** Mean norm of entries by how often they occur in the rows. */
export const bucketsOf = async (
  asker: Asker,
  { model, table }: TableOfFeature,
  rows: RowsArgument,
): Promise<readonly FrequencyBucket[]> => (await ask(asker, normByFrequency, { table }, { model, rows })).value;

/** An entry that points where another one does; `value`: the raw value that has it, where the vocabulary says. */
export interface Neighbour {
  readonly entry: number;
  readonly cosine: number;
  readonly value: string | null;
}

/**
 * The entries closest to one by cosine, largest first, ties by number; null for a zero entry. Throws BAD_USER_INPUT for an entry that the
 * table does not have.
 */
export async function nearestTo(
  asker: Asker,
  of: TableOfFeature,
  id: number,
  first: number,
): Promise<Neighbour[] | null> {
  const { model, table, entryCount } = of;
  if (id < 0 || id >= entryCount)
    throw badUserInput(
      'id',
      `\`id\` is ${id}; the table “${table}” has ${entryCount} entries, from 0 to ${entryCount - 1}.`,
    );
  const count = wholeBetween('first', first, 0, analysisLimits.nearestCount);
  const { value } = await askTable(asker, nearest, { table, id }, model);
  if (value === null) return null;
  const entries = [...value.id.subarray(0, count)];
  const values = await rawValues(asker, of, entries);
  return entries.map((entry, at) => ({ entry, cosine: value.cosine[at] as number, value: values.get(entry) ?? null }));
}

/** By number of the entry; entries that no line of the feature's vocabulary stands for are left out. */
async function rawValues(
  { home }: Asker,
  { model, feature, offset }: TableOfFeature,
  entries: readonly number[],
): Promise<Map<number, string>> {
  const isList = feature.kind === 'CATEGORICAL' || feature.kind === 'SEQUENCE';
  if (!isList || feature.vocabulary === undefined || offset === null) return new Map();
  const shift = offset + (feature.offset ?? 0);
  const lines = entries.map((entry) => entry - shift);
  const found = await vocabularyLines(home, model.manifest, feature.vocabulary, lines);
  return new Map([...found].map(([line, text]) => [line + shift, text]));
}
