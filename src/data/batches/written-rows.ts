import type { ModelGraph } from '../../compute/graph.ts';
import { badUserInput, bindingMismatch } from '../../errors.ts';
import { suggestionFor } from '../../similar.ts';
import { using } from '../../using.ts';
import { Reader } from '../duckdb/reader.ts';
import { Query } from '../duckdb/sql.ts';
import { idLimits } from '../manifest/carriers.ts';
import { type FeatureBinding, type Manifest, readsTexts, slotsOf } from '../manifest/manifest.ts';
import type { Vocabularies } from '../manifest/vocabulary.ts';
import type { Batch } from '../types.ts';
import { BatchBuilder } from './batches.ts';
import { bind } from './bind.ts';
import { Chunk } from './chunk.ts';
import { type Encoded, type EncodedRow, encodedIn } from './string-table.ts';

/** Feature name to raw value, as in a dataset. */
export type WrittenRow = Readonly<Record<string, unknown>>;

/**
 * Rows that somebody wrote by hand, on the same way into the model as those of a dataset: they pass through DuckDB's vectors and
 * the same decoders. A feature that is left out is null, and so takes its missing value.
 * Throws BAD_USER_INPUT for names and values that no feature has, BINDING_MISMATCH for values that the model cannot take.
 */
export async function writtenBatch(
  rows: readonly WrittenRow[],
  graph: Pick<ModelGraph, 'inputs' | 'lookups' | 'texts'>,
  manifest: Manifest,
  vocabularies: Vocabularies,
): Promise<Batch> {
  assertKnown(rows, manifest);
  // Rows are keyed by the names of the features, several of which may read one column of a dataset.
  const features = manifest.features.map((feature) => ({ ...feature, column: feature.name }));
  const columns = features.map((feature) => ({ name: feature.name, type: columnType(feature, graph) }));
  const dataset = {
    files: [],
    columns,
    rowCount: rows.length,
    label: null,
    groupBy: null,
    partitionBy: null,
    digest: '',
  };
  const named = { ...manifest, features };
  const bound = bind(graph, named, vocabularies, dataset, idLimits(graph, manifest));
  const builder = new BatchBuilder(bound, rows.length);
  const chunk = new Chunk(bound, 'TELL');
  return using(await Reader.open([]), async (reader) => {
    const query = new Query();
    const lists = features.map((feature, at) => {
      const isText = readsTexts(feature, graph);
      const cells = rows.map((row, index) =>
        cellSql(query, row[feature.name] ?? null, { feature, isText, row: index }),
      );
      return `unnest(CAST([${cells.join(', ')}] AS ${columns[at]?.type}[]))`;
    });
    const index = `CAST(unnest(range(${rows.length})) AS DOUBLE)`;
    const batches: Batch[] = [];
    for await (const data of reader.chunks(
      query.statement(`SELECT ${[index, 'CAST(NULL AS DOUBLE)', ...lists].join(', ')}`),
    )) {
      chunk.load(data);
      batches.push(...builder.add(chunk));
    }
    const [batch] = batches;
    if (batch === undefined) throw new Error('the rows did not fill their batch');
    return batch;
  });
}

/**
 * What the model takes for raw values of one feature, a single element each: texts where its input takes texts. Throws
 * BINDING_MISMATCH for a value that it cannot take.
 */
export async function encodedValues(values: readonly unknown[], ...of: OneFeature): Promise<Encoded[]> {
  const [feature] = of;
  const encoded = encodedIn(await batchOfFeature(values, ...of), feature.input);
  return values.map((_, at) => encoded[(at + 1) * (feature.index + 1) - 1] as Encoded);
}

/**
 * The same of one raw value of a feature of any kind: by input, the elements of a row up to the last that the feature fills, those of others
 * zero; of a list beside its offsets, its ids.
 */
export async function encodedRow(value: unknown, ...of: OneFeature): Promise<EncodedRow> {
  const batch = await batchOfFeature([value], ...of);
  return Object.fromEntries(Object.keys(batch.inputs).map((input) => [input, encodedIn(batch, input)]));
}

type OneFeature = [
  feature: FeatureBinding,
  graph: Pick<ModelGraph, 'inputs' | 'lookups' | 'texts'>,
  manifest: Manifest,
  vocabularies: Vocabularies,
];

/** Rows of a model that has no other feature. */
function batchOfFeature(
  values: readonly unknown[],
  ...[feature, { inputs, lookups, texts }, manifest, vocabularies]: OneFeature
): Promise<Batch> {
  const own = inputs.flatMap(({ name, dtype }) => {
    const filled = slotsOf(feature).filter(({ input }) => input === name);
    const elements = Math.max(...filled.map(({ index, width }) => index + width));
    return filled.length === 0 ? [] : [{ name, dtype, shape: [null, elements] }];
  });
  const rows = values.map((value) => ({ [feature.name]: value }));
  const graph = { inputs: own, lookups, ...(texts && { texts }) };
  return writtenBatch(rows, graph, { ...manifest, features: [feature] }, vocabularies);
}

function assertKnown(rows: readonly WrittenRow[], { features }: Manifest): void {
  const names = features.map(({ name }) => name);
  for (const [at, row] of rows.entries()) {
    if (row === null || typeof row !== 'object' || Array.isArray(row))
      throw badUserInput(`rows[${at}]`, `\`rows[${at}]\` is no object of feature names and values.`);
    const unknown = Object.keys(row).find((name) => !names.includes(name));
    if (unknown !== undefined) {
      const { words, data } = suggestionFor(unknown, names);
      throw badUserInput(`rows[${at}]`, `rows[${at}]: the model has no feature “${unknown}”.${words}`, data);
    }
  }
}

/** What the decoders take: texts for vocabularies, hashes and inputs of texts, numbers for the rest. */
function columnType(feature: FeatureBinding, graph: Pick<ModelGraph, 'texts'>): string {
  const element = readsTexts(feature, graph) ? 'VARCHAR' : 'DOUBLE';
  return feature.kind === 'SEQUENCE' || feature.kind === 'EMBEDDING' ? `${element}[]` : element;
}

interface Cell {
  readonly feature: FeatureBinding;
  /** Whether the feature reads texts. */
  readonly isText: boolean;
  readonly row: number;
}

/** A JSON value as one of the column's: bound, not written into the statement. */
function cellSql(query: Query, value: unknown, cell: Cell): string {
  const { feature } = cell;
  if (value === null) return 'NULL';
  const isList = feature.kind === 'SEQUENCE' || feature.kind === 'EMBEDDING';
  if (isList !== Array.isArray(value)) throw refused(value, cell, isList ? 'a list' : 'a single value');
  const { isText } = cell;
  if (!Array.isArray(value)) {
    const text = textOf(value, cell);
    return text === null ? 'NULL' : isText ? query.bind(text) : `CAST(${query.bind(text)} AS DOUBLE)`;
  }
  const texts = value.map((element) => textOf(element, cell));
  // As one text: a thousand numbers that are bound one by one take DuckDB a tenth of a second.
  if (!isText) return `CAST(${query.bind(`[${texts.map((text) => text ?? 'NULL').join(', ')}]`)} AS DOUBLE[])`;
  return `[${texts.map((text) => (text === null ? 'NULL' : query.bind(text))).join(', ')}]`;
}

/** An element as a text. Numbers too: DuckDB's driver takes every whole number for a BIGINT, and refuses 1e19. */
function textOf(value: unknown, cell: Cell): string | null {
  const { isText } = cell;
  if (value === null) return null;
  if (isText && ['string', 'number', 'boolean'].includes(typeof value)) return String(value);
  if (!isText && (typeof value === 'number' || typeof value === 'boolean')) return String(Number(value));
  // Beyond 2^53, numbers of JSON have to be written so.
  if (!isText && typeof value === 'string' && isNumberText(value)) return String(Number(value));
  throw refused(value, cell, isText ? 'a text or a number' : 'a number');
}

const isNumberText = (text: string): boolean => /^-?\d{1,400}(\.\d{1,400})?([eE][+-]?\d{1,3})?$/.test(text);

const refused = (value: unknown, { feature: { name }, row }: Cell, wanted: string) =>
  bindingMismatch(`\`rows[${row}].${name}\` is ${JSON.stringify(value).slice(0, 100)}; it must be ${wanted}.`, {
    feature: name,
    row,
    value,
  });
