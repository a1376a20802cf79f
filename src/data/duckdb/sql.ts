import { type DuckDBValue, listValue } from '@duckdb/node-api';
import { classOf } from '../columns/type.ts';
import { nullFolder } from '../files/folder-columns.ts';
import type { DatasetFile, DatasetRecord, FilterOperator, RowFilter, RowSelection } from '../types.ts';
import type { Statement } from './reader.ts';

/**
 * The one place where SQL about rows is put together. Names go in quoted, and only names that the dataset's schema has; types
 * are those that DuckDB itself reported; everything else is a bound parameter.
 */
export class Query {
  readonly #values: DuckDBValue[] = [];

  /** Adds a parameter and returns its placeholder. */
  bind(value: DuckDBValue): string {
    return `$${this.#values.push(value)}`;
  }

  bindList(values: readonly DuckDBValue[]): string {
    return this.bind(listValue([...values]));
  }

  statement(text: string): Statement {
    return { text, values: this.#values };
  }
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Of a column that the dataset has; a name that got here unchecked is a defect. */
export function columnSql(dataset: Pick<DatasetRecord, 'columns'>, name: string): string {
  const column = dataset.columns.find((one) => one.name === name);
  if (column === undefined) throw new Error(`column ${name} was not checked`);
  return quoted(column.stored ?? name);
}

export const typeOf = (dataset: Pick<DatasetRecord, 'columns'>, name: string): string =>
  dataset.columns.find((column) => column.name === name)?.type as string;

/** Names of DuckDB's own columns of a Parquet scan, which give rows their index. */
export const reservedColumns = ['file_index', 'file_row_number'] as const;

/**
 * The rows of all files, in the order of the files. DuckDB would take names of folders for columns by itself, also those of folders
 * above the source; and files that it then leaves out would have no index.
 */
export function fromFiles(query: Query, files: readonly Pick<DatasetFile, 'path' | 'folders'>[]): string {
  const paths = query.bindList(files.map(({ path }) => path));
  const scan = `read_parquet(${paths}, hive_partitioning = false, union_by_name = false)`;
  const columns = (files[0]?.folders ?? []).map(({ name, type }, at) => {
    const values = query.bindList(files.map(({ folders }) => folders?.[at]?.value ?? nullFolder));
    const value = `list_extract(${values}, CAST(file_index AS BIGINT) + 1)`;
    return `CAST(nullif(${value}, '${nullFolder}') AS ${type}) AS ${quoted(name)}`;
  });
  return columns.length === 0 ? scan : `(SELECT *, ${[...reservedColumns, ...columns].join(', ')} FROM ${scan})`;
}

/** Index of a row in the dataset: of its file's first row, plus its place in the file. */
export function rowIndexSql(query: Query, files: readonly DatasetFile[]): string {
  let next = 0n;
  const firstRows = files.map(({ rowCount }) => {
    const first = next;
    next += BigInt(rowCount);
    return first;
  });
  const ofFile = `list_extract(CAST(${query.bindList(firstRows)} AS BIGINT[]), CAST(file_index AS BIGINT) + 1)`;
  return `CAST(${ofFile} + file_row_number AS DOUBLE)`;
}

/** Whether a row is one of these. */
export function indexesSql(query: Query, files: readonly DatasetFile[], indexes: readonly number[]): string {
  let first = 0;
  const ofFiles = files.flatMap(({ rowCount }, at) => {
    const start = first;
    first += rowCount;
    const own = indexes.filter((index) => index >= start && index < first).map((index) => BigInt(index - start));
    if (own.length === 0) return [];
    return [`(file_index = ${at} AND list_contains(CAST(${query.bindList(own)} AS BIGINT[]), file_row_number))`];
  });
  return ofFiles.join(' OR ') || 'false';
}

/** The text that names a value: integers in decimal, dates and times as in ISO 8601, whole floats without a point. */
export function textSql(expression: string, type: string): string {
  const text = `CAST(${expression} AS VARCHAR)`;
  switch (classOf(type)) {
    case 'TIMESTAMP':
      return `replace(${text}, ' ', 'T')`;
    case 'FLOAT':
      return `regexp_replace(${text}, '\\.0$', '')`;
    default:
      return text;
  }
}

/** ` WHERE …` of a selection, or nothing. */
export function whereSql(query: Query, dataset: DatasetRecord, { partitions, where, only }: RowSelection): string {
  const conditions = where.map((filter) => filterSql(query, dataset, filter));
  if (partitions !== null) conditions.push(partitionsSql(query, dataset, partitions));
  if (only !== undefined) conditions.push(`(${indexesSql(query, dataset.files, only)})`);
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

/**
 * The bounds skip row groups; list_contains decides. (IN with more than a few values becomes a join, which does not keep the
 * order of rows.)
 */
function partitionsSql(query: Query, dataset: DatasetRecord, names: readonly string[]): string {
  const by = dataset.partitionBy as string;
  const column = columnSql(dataset, by);
  const type = typeOf(dataset, by);
  const value = (name: string | undefined) => `CAST(${query.bind(name as string)} AS ${type})`;
  const among = (ordered: readonly string[]): string => {
    const bounds = `${column} BETWEEN ${value(ordered[0])} AND ${value(ordered.at(-1))}`;
    if (ordered.length === 1) return bounds;
    return `${bounds} AND list_contains(CAST(${query.bindList(ordered)} AS ${type}[]), ${column})`;
  };
  if (classOf(type) !== 'FLOAT') return among(names);
  return withNaN(column, names, isNaNText, among);
}

/**
 * Whether a column of floats has one of these values. Parquet's statistics leave NaN out, and DuckDB passes over it where they speak
 * against a comparison, though it calls NaN equal to itself: so that is asked for by itself.
 */
function withNaN<Value>(
  column: string,
  values: readonly Value[],
  isNaNValue: (value: Value) => boolean,
  among: (numbers: readonly Value[]) => string,
): string {
  const numbers = values.filter((value) => !isNaNValue(value));
  const isNumber = numbers.length === 0 ? 'false' : `(${among(numbers)} AND NOT isnan(${column}))`;
  return numbers.length === values.length ? isNumber : `(${isNumber} OR isnan(${column}))`;
}

const comparisons: Partial<Record<FilterOperator, string>> = {
  EQ: '=',
  NE: '<>',
  LT: '<',
  LTE: '<=',
  GT: '>',
  GTE: '>=',
};

/** A null satisfies no comparison. NaN is a value as in Postgres: equal to itself, and above all others. */
export function filterSql(query: Query, dataset: DatasetRecord, { column: name, op, value }: RowFilter): string {
  const column = columnSql(dataset, name);
  if (op === 'IS_NULL') return `${column} IS NULL`;
  if (op === 'NOT_NULL') return `${column} IS NOT NULL`;
  const type = typeOf(dataset, name);
  const among = (values: readonly unknown[]): string =>
    `list_contains(TRY_CAST(${query.bindList(values.map(String))} AS ${comparedAs(type, values)}[]), ${column})`;
  const compared = (): string =>
    `${column} ${comparisons[op]} TRY_CAST(${query.bind(String(value))} AS ${comparedAs(type, [value])})`;
  if (classOf(type) !== 'FLOAT') return op === 'IN' ? among(value as readonly unknown[]) : `(${compared()})`;
  if (op === 'IN') return withNaN(column, value as readonly unknown[], isNaNText, among);
  if (isNaNText(value)) return besideNaN[op](column);
  return aboveNumbers.has(op) ? `(${compared()} OR isnan(${column}))` : `(${compared()} AND NOT isnan(${column}))`;
}

const isNaNText = (value: unknown): boolean => typeof value === 'string' && /^nan$/i.test(value);

/** Comparisons that NaN satisfies beside every number; as in `withNaN`, it is asked for by itself. */
const aboveNumbers: ReadonlySet<FilterOperator> = new Set(['NE', 'GT', 'GTE']);

/** Comparisons with NaN. */
const besideNaN: Record<'EQ' | 'NE' | 'LT' | 'LTE' | 'GT' | 'GTE', (column: string) => string> = {
  EQ: (column) => `isnan(${column})`,
  NE: (column) => `NOT isnan(${column})`,
  LT: (column) => `NOT isnan(${column})`,
  LTE: (column) => `${column} IS NOT NULL`,
  GT: () => 'false',
  GTE: (column) => `isnan(${column})`,
};

/** Of the column's type, except where a number need not be one: 2.5 beside integers, 1000 beside a TINYINT. */
function comparedAs(type: string, values: readonly unknown[]): string {
  if (classOf(type) === 'DECIMAL') return 'DOUBLE';
  if (classOf(type) !== 'INTEGER') return type;
  return values.every((value) => /^-?\d+$/.test(String(value))) ? 'HUGEINT' : 'DOUBLE';
}
