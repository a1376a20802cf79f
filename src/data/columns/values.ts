import type { DuckDBDataChunk } from '@duckdb/node-api';
import { using } from '../../using.ts';
import { numbersOf } from '../duckdb/cells.ts';
import { Reader } from '../duckdb/reader.ts';
import { columnSql, fromFiles, Query, rowIndexSql, textSql, typeOf, whereSql } from '../duckdb/sql.ts';
import { assertUnchanged } from '../files/unchanged.ts';
import type { DatasetRecord, RowSelection } from '../types.ts';
import { type CodeTaker, NumberTaker, type Taker, TextCodeTaker, WholeNumberCodeTaker } from './takers.ts';
import { classOf } from './type.ts';

/** Columns of a dataset: as codes of their values, for grouping; as numbers (numeric columns only). */
export interface WantedColumns {
  readonly codes: readonly string[];
  readonly numbers: readonly string[];
}

/** Of a stretch of rows, an array for each wanted column. */
export interface ColumnStretch {
  /** −1 for null. */
  readonly codes: readonly Int32Array[];
  /** NaN for null. */
  readonly numbers: readonly Float64Array[];
}

export interface ColumnValues {
  /** For each column of codes, what they stand for as text, in the order of their first rows; complete when all stretches are read. */
  readonly values: readonly (readonly string[])[];
  /** One for each stretch of rows that was asked for. */
  readonly stretches: AsyncIterable<ColumnStretch>;
}

/**
 * Values of columns on rows that come in stretches, ascending; all columns are read at once. Throws DATASET_REJECTED when a file
 * was changed.
 */
export async function readColumns(
  dataset: DatasetRecord,
  { codes, numbers }: WantedColumns,
  { selection, stretches }: { selection: RowSelection; stretches: AsyncIterable<Float64Array> },
): Promise<ColumnValues> {
  await assertUnchanged(dataset.files);
  const exact = await exactColumns(dataset, codes);
  const coded = codes.map((column) => codesOf(dataset, column, exact.has(column)));
  const numbered = numbers.map((column) => ({ sql: asDouble(dataset, column), taker: new NumberTaker() }));
  const columns = [...coded, ...numbered];
  const matched = match(dataset, selection, columns, stretches);
  return {
    values: coded.map(({ taker }) => taker.values),
    stretches: mapped(matched, () => ({
      codes: coded.map(({ taker }) => taker.codes),
      numbers: numbered.map(({ taker }) => taker.numbers),
    })),
  };
}

interface Column {
  readonly sql: string;
  readonly taker: Taker;
}

const asDouble = (dataset: DatasetRecord, column: string): string => `CAST(${columnSql(dataset, column)} AS DOUBLE)`;

function codesOf(dataset: DatasetRecord, column: string, isExact: boolean): { sql: string; taker: CodeTaker } {
  if (isExact) return { sql: asDouble(dataset, column), taker: new WholeNumberCodeTaker() };
  return { sql: textSql(columnSql(dataset, column), typeOf(dataset, column)), taker: new TextCodeTaker() };
}

/** Those whose values are all whole numbers that a double holds. Only of the wide types are the values looked at. */
async function exactColumns(dataset: DatasetRecord, columns: readonly string[]): Promise<ReadonlySet<string>> {
  const whole = columns.filter((column) => classOf(typeOf(dataset, column)) === 'INTEGER');
  const wide = whole.filter((column) => /BIG|HUGE/.test(typeOf(dataset, column)));
  const inexact = wide.length === 0 ? [] : await beyondDoubles(dataset, wide);
  return new Set(whole.filter((column) => !inexact.includes(column)));
}

async function beyondDoubles(dataset: DatasetRecord, columns: readonly string[]): Promise<string[]> {
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    const query = new Query();
    const largest = columns.map(
      (column, at) => `max(abs(CAST(${columnSql(dataset, column)} AS HUGEINT))) AS largest${at}`,
    );
    const sql = `SELECT ${largest.join(', ')} FROM ${fromFiles(query, dataset.files)}`;
    const [found = {}] = await reader.records(query.statement(sql));
    return columns.filter((_, at) => Number(found[`largest${at}`] ?? 0) > Number.MAX_SAFE_INTEGER);
  });
}

/** Reads on whenever a stretch of rows is wanted; yields when the takers have it. */
async function* match(
  dataset: DatasetRecord,
  selection: RowSelection,
  columns: readonly Column[],
  stretches: AsyncIterable<Float64Array>,
): AsyncGenerator<void> {
  const reader = await Reader.open(dataset.files.map(({ path }) => path));
  try {
    const query = new Query();
    const fields = [rowIndexSql(query, dataset.files), ...columns.map(({ sql }) => sql)].join(', ');
    const sql = `SELECT ${fields} FROM ${fromFiles(query, dataset.files)}${whereSql(query, dataset, selection)}`;
    const chunks = reader.chunks(query.statement(sql));
    const takers = columns.map(({ taker }) => taker);
    let chunk: ChunkRows | undefined;
    try {
      for await (const rows of stretches) {
        for (const taker of takers) taker.open(rows.length);
        for (let at = 0; at < rows.length; ) {
          if (chunk === undefined || chunk.isRead) chunk = new ChunkRows(await nextOf(chunks));
          at += chunk.match(rows, at, takers);
        }
        yield;
      }
    } finally {
      await chunks.return(undefined);
    }
  } finally {
    reader[Symbol.dispose]();
  }
}

async function nextOf(chunks: AsyncGenerator<DuckDBDataChunk>): Promise<DuckDBDataChunk> {
  const next = await chunks.next();
  if (next.done) throw new Error('rows that are not selected, or not in their order');
  return next.value;
}

/** A chunk of what DuckDB reads, of which rows are wanted one after the other. */
class ChunkRows {
  readonly #chunk: DuckDBDataChunk;
  readonly #index: Float64Array;
  readonly #matched: Int32Array;
  #next = 0;

  constructor(chunk: DuckDBDataChunk) {
    this.#chunk = chunk;
    this.#index = numbersOf(chunk.getColumnVector(0));
    this.#matched = new Int32Array(chunk.rowCount);
  }

  get isRead(): boolean {
    return this.#next === this.#chunk.rowCount;
  }

  /** Takes the rows of this chunk that are wanted next, and says how many. */
  match(rows: Float64Array, at: number, takers: readonly Taker[]): number {
    const { rowCount } = this.#chunk;
    let count = 0;
    for (; this.#next < rowCount && at + count < rows.length; this.#next++)
      if (this.#index[this.#next] === rows[at + count]) this.#matched[count++] = this.#next;
    for (const [column, taker] of takers.entries())
      taker.take(this.#chunk.getColumnVector(column + 1), this.#matched, count, at);
    return count;
  }
}

async function* mapped<From, To>(from: AsyncIterable<From>, to: (one: From) => To): AsyncGenerator<To> {
  for await (const one of from) yield to(one);
}
