import { using } from '../../using.ts';
import { type Json, toJson } from '../duckdb/json.ts';
import { Reader } from '../duckdb/reader.ts';
import { columnSql, fromFiles, Query } from '../duckdb/sql.ts';
import { assertUnchanged } from '../files/unchanged.ts';
import type { DatasetColumn, DatasetRecord } from '../types.ts';
import { classOf, isScalar } from './type.ts';

export interface ColumnStatistics extends DatasetColumn {
  readonly nullCount: number;
  /** Without null. */
  readonly distinctCount: number;
  /** null for lists and other types without an order, and without values. NaN counts as none. */
  readonly minimum: Json;
  readonly maximum: Json;
}

/** Columns of one statement: distinct values of many at once would not fit into memory. */
const columnsAtOnce = 8;

/** Exact, over all rows, in the order of `columns` (all of the dataset's unless named). Throws DATASET_REJECTED. */
export async function columnStatistics(
  dataset: DatasetRecord,
  columns: readonly DatasetColumn[] = dataset.columns,
): Promise<ColumnStatistics[]> {
  await assertUnchanged(dataset.files);
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    const statistics: ColumnStatistics[] = [];
    for (let at = 0; at < columns.length; at += columnsAtOnce) {
      statistics.push(...(await describe(reader, dataset, columns.slice(at, at + columnsAtOnce))));
    }
    return statistics;
  });
}

async function describe(
  reader: Reader,
  dataset: DatasetRecord,
  columns: readonly DatasetColumn[],
): Promise<ColumnStatistics[]> {
  const query = new Query();
  const parts = columns.flatMap(({ name, type }, at) => {
    const column = columnSql(dataset, name);
    const aNumber = classOf(type) === 'FLOAT' ? ` FILTER (NOT isnan(${column}))` : '';
    const extreme = (which: 'min' | 'max') => (isScalar(type) ? `${which}(${column})${aNumber}` : 'NULL');
    return [
      `count(*) - count(${column}) AS nulls${at}`,
      `count(DISTINCT ${column}) AS distinct${at}`,
      `${extreme('min')} AS min${at}`,
      `${extreme('max')} AS max${at}`,
    ];
  });
  const sql = `SELECT ${parts.join(', ')} FROM ${fromFiles(query, dataset.files)}`;
  const [found = {}] = await reader.records(query.statement(sql));
  return columns.map((column, at) => ({
    ...column,
    nullCount: Number(found[`nulls${at}`]),
    distinctCount: Number(found[`distinct${at}`]),
    minimum: toJson(found[`min${at}`] ?? null),
    maximum: toJson(found[`max${at}`] ?? null),
  }));
}
