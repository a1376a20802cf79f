import type { DuckDBValue } from '@duckdb/node-api';
import { using } from '../../using.ts';
import { type Json, toJson } from '../duckdb/json.ts';
import { Reader } from '../duckdb/reader.ts';
import { columnSql, fromFiles, Query, rowIndexSql, typeOf, whereSql } from '../duckdb/sql.ts';
import { assertUnchanged } from '../files/unchanged.ts';
import type { DatasetRecord, RowSelection } from '../types.ts';
import { classOf } from './type.ts';

/** Rows whose values are asked for, and of which column. */
interface WantedColumn {
  readonly selection: RowSelection;
  /** The indexes of those among them that are used, where these are not all. */
  readonly used?: AsyncIterable<Float64Array> | undefined;
  readonly column: string;
}

interface Wanted extends WantedColumn {
  readonly count: number;
  /** Of a column of numbers: only such as occur. */
  readonly areOccurring?: boolean;
}

/**
 * Quantiles of a numeric column over the selected rows, at (i + ½) / count, with linear interpolation unless they have to occur, ascending, equal ones
 * merged, and those that the rounding of interpolation alone tells apart: between 0.9 and 0.9 DuckDB finds 0.9000000000000001. Nulls
 * and NaN are left out. Throws DATASET_REJECTED.
 */
export async function quantilesOf(dataset: DatasetRecord, wanted: Wanted): Promise<number[]> {
  const isFloat = classOf(typeOf(dataset, wanted.column)) === 'FLOAT';
  const [found] = await records(dataset, wanted, (_, column, source) => {
    const at = Array.from({ length: wanted.count }, (_, i) => (i + 0.5) / wanted.count);
    const isNumber = isFloat ? ` AND NOT isnan(${column})` : '';
    const value = `CAST(${column} AS DOUBLE)`;
    const quantile = wanted.areOccurring ? 'quantile_disc' : 'quantile_cont';
    return `SELECT ${quantile}(${value}, [${at.join(', ')}]) AS quantiles ${source} AND ${column} IS NOT NULL${isNumber}`;
  });
  const quantiles = toJson(found?.quantiles as DuckDBValue);
  return Array.isArray(quantiles) ? merged((quantiles as number[]).toSorted((a, b) => a - b)) : [];
}

/** Of ascending numbers, those that are more than rounding away from the one that was kept before. */
function merged(ascending: readonly number[]): number[] {
  const kept: number[] = [];
  for (const value of ascending) {
    const before = kept.at(-1);
    if (before === undefined || value - before > 4 * Number.EPSILON * Math.abs(value)) kept.push(value);
  }
  return kept;
}

/** The most frequent values of a column over the selected rows, by value; of equally frequent ones the lesser. Nulls are left out. */
export async function mostFrequent(dataset: DatasetRecord, wanted: Wanted): Promise<Json[]> {
  const found = await records(dataset, wanted, (query, column, source) => {
    const limit = query.bind(BigInt(wanted.count));
    const counted = `SELECT ${column} AS value, count(*) AS times ${source} AND ${column} IS NOT NULL GROUP BY value`;
    const frequent = `SELECT value FROM (${counted}) ORDER BY times DESC, value LIMIT ${limit}`;
    return `SELECT value FROM (${frequent}) ORDER BY value`;
  });
  return found.map(({ value }) => toJson(value as DuckDBValue));
}

/** Mean of a numeric column over the selected rows, nulls and NaN left out (Kahan’s sum); NaN without any value. Throws DATASET_REJECTED. */
export async function meanOf(dataset: DatasetRecord, wanted: WantedColumn): Promise<number> {
  const isFloat = classOf(typeOf(dataset, wanted.column)) === 'FLOAT';
  const [found] = await records(dataset, wanted, (_, column, source) => {
    const isNumber = isFloat ? ` AND NOT isnan(${column})` : '';
    return `SELECT favg(CAST(${column} AS DOUBLE)) AS mean ${source} AND ${column} IS NOT NULL${isNumber}`;
  });
  return (found?.mean as number | null | undefined) ?? Number.NaN;
}

async function records(
  dataset: DatasetRecord,
  { selection, used, column }: WantedColumn,
  sql: (query: Query, column: string, source: string) => string,
): Promise<Record<string, unknown>[]> {
  await assertUnchanged(dataset.files);
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    if (used !== undefined) await reader.addTable('used', 'row_index', used);
    const query = new Query();
    const where = whereSql(query, dataset, selection) || ' WHERE true';
    const isUsed =
      used === undefined ? '' : ` AND ${rowIndexSql(query, dataset.files)} IN (SELECT row_index FROM used)`;
    const text = sql(query, columnSql(dataset, column), `FROM ${fromFiles(query, dataset.files)}${where}${isUsed}`);
    return await reader.records(query.statement(text));
  });
}
