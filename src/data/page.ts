import type { DuckDBValue } from '@duckdb/node-api';
import { using } from '../using.ts';
import { labelSql } from './columns/label.ts';
import { type Json, toJson } from './duckdb/json.ts';
import { Reader } from './duckdb/reader.ts';
import { columnSql, fromFiles, indexesSql, Query, rowIndexSql, textSql, typeOf, whereSql } from './duckdb/sql.ts';
import { assertUnchanged } from './files/unchanged.ts';
import type { DatasetRecord } from './types.ts';

export interface DatasetRow {
  /** Position in the dataset. */
  readonly index: number;
  /** null without a partition column, or where it is null. */
  readonly partition: string | null;
  readonly label: number | null;
  /** By column name, in the order of the columns. */
  readonly values: Readonly<Record<string, Json>>;
}

/** Rows with from ≤ index < below: the first `count` of them, or with `fromEnd` the last; ascending either way. */
export interface PageRequest {
  readonly from?: number;
  readonly below?: number;
  readonly count: number;
  readonly fromEnd?: boolean;
  /** Of the dataset, in their order; all when null. */
  readonly partitions?: readonly string[] | null;
}

/** Throws DATASET_REJECTED. */
export async function readRows(dataset: DatasetRecord, page: PageRequest): Promise<DatasetRow[]> {
  await assertUnchanged(dataset.files);
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    const { below = dataset.rowCount, count } = page;
    const from = page.fromEnd ? await firstOfLast(reader, dataset, page) : (page.from ?? 0);
    if (from === undefined) return [];
    const query = new Query();
    const limit = query.bind(BigInt(count));
    // Awaited, because the reader is closed when this returns.
    return await fetchRows(reader, dataset, query, `${source(query, dataset, page, from, below)} LIMIT ${limit}`);
  });
}

/** The rows with these indexes, in their order. Throws DATASET_REJECTED. */
export async function readRowsAt(dataset: DatasetRecord, indexes: readonly number[]): Promise<DatasetRow[]> {
  if (indexes.length === 0) return [];
  await assertUnchanged(dataset.files);
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    const query = new Query();
    const from = `FROM ${fromFiles(query, dataset.files)} WHERE ${indexesSql(query, dataset.files, indexes)}`;
    const found = new Map((await fetchRows(reader, dataset, query, from)).map((row) => [row.index, row]));
    return indexes.flatMap((index) => found.get(index) ?? []);
  });
}

async function fetchRows(reader: Reader, dataset: DatasetRecord, query: Query, from: string): Promise<DatasetRow[]> {
  const by = dataset.partitionBy;
  const partition = by === null ? 'NULL' : textSql(columnSql(dataset, by), typeOf(dataset, by));
  const label = labelSql(query, dataset);
  const values = dataset.columns.map(({ name }, at) => `${columnSql(dataset, name)} AS value${at}`);
  const select = `SELECT ${rowIndexSql(query, dataset.files)} AS index, ${partition} AS partition, ${label} AS label, ${values.join(', ')}`;
  const found = await reader.records(query.statement(`${select} ${from}`));
  return found.map((record) => ({
    index: Number(record.index),
    partition: record.partition as string | null,
    label: record.label as number | null,
    values: Object.fromEntries(
      dataset.columns.map(({ name }, at) => [name, toJson(record[`value${at}`] as DuckDBValue)]),
    ),
  }));
}

/** Index of the first of the last `count` rows. */
async function firstOfLast(reader: Reader, dataset: DatasetRecord, page: PageRequest): Promise<number | undefined> {
  const { from = 0, below = dataset.rowCount, count, partitions = null } = page;
  if (partitions === null) return Math.max(from, below - count);
  const query = new Query();
  const index = rowIndexSql(query, dataset.files);
  const last = `SELECT ${index} AS index ${source(query, dataset, page, from, below)} ORDER BY index DESC LIMIT ${query.bind(BigInt(count))}`;
  const [found] = await reader.records(query.statement(`SELECT min(index) AS first FROM (${last})`));
  return found?.first === null || found === undefined ? undefined : Number(found.first);
}

/** FROM and WHERE: only the files that the range touches, since skipping a file is free and skipping its rows is not. */
function source(query: Query, dataset: DatasetRecord, page: PageRequest, from: number, below: number): string {
  const where = whereSql(query, dataset, { partitions: page.partitions ?? null, where: [], invalid: 'FAIL' });
  const inRange: string[] = [];
  let first = 0;
  for (const [at, { rowCount }] of dataset.files.entries()) {
    const [low, high] = [Math.max(from - first, 0), Math.min(below - first, rowCount)];
    if (low < high) {
      const rows = `file_row_number >= ${query.bind(BigInt(low))} AND file_row_number < ${query.bind(BigInt(high))}`;
      inRange.push(`(file_index = ${at} AND ${rows})`);
    }
    first += rowCount;
  }
  const range = inRange.length === 0 ? 'false' : inRange.join(' OR ');
  return `FROM ${fromFiles(query, dataset.files)}${where === '' ? ' WHERE' : `${where} AND`} (${range})`;
}
