import type { DuckDBVector } from '@duckdb/node-api';
import { isNull, nullBitsOf, numbersOf } from './cells.ts';
import { classOf } from './column-type.ts';
import { Reader } from './duckdb.ts';
import { assertUnchanged } from './files.ts';
import { columnSql, fromFiles, Query, rowIndexSql, textSql, typeOf, whereSql } from './sql.ts';
import type { DatasetRecord, RowSelection } from './types.ts';

/** Rows whose values are wanted: ascending indexes of rows that the selection has. */
export interface WantedRows {
  readonly selection: RowSelection;
  readonly index: Float64Array;
}

export interface Codes {
  /** Of each row, in their order; −1 for null. */
  readonly codes: Int32Array;
  /** The text of each code's value, in the order of their first rows. */
  readonly values: string[];
}

/**
 * A dense code for the value of a column on each of the given rows: for grouping by it. `column` is one of the dataset's.
 * Throws DATASET_REJECTED.
 */
export async function columnCodes(dataset: DatasetRecord, column: string, rows: WantedRows): Promise<Codes> {
  // Whole numbers name themselves, and are told apart many times faster than their texts.
  if (await isExact(dataset, column)) return numberCodes(dataset, column, rows);
  const text = textSql(columnSql(dataset, column), typeOf(dataset, column));
  const codes = new Int32Array(rows.index.length).fill(-1);
  const codeOf = new Map<string, number>();
  await scan(dataset, text, rows, (texts) => (row, at) => {
    const value = texts.getItem(row) as string | null;
    if (value !== null) codes[at] = numbered(codeOf, value);
  });
  return { codes, values: [...codeOf.keys()] };
}

/** Whether all values are whole numbers that a double holds. */
async function isExact(dataset: DatasetRecord, column: string): Promise<boolean> {
  if (classOf(typeOf(dataset, column)) !== 'INTEGER') return false;
  using reader = await Reader.open(dataset.files.map(({ path }) => path));
  const query = new Query();
  const name = columnSql(dataset, column);
  const sql = `SELECT max(abs(CAST(${name} AS HUGEINT))) AS largest FROM ${fromFiles(query, dataset.files)}`;
  const [{ largest } = {}] = await reader.records(query.statement(sql));
  return Number(largest ?? 0) <= Number.MAX_SAFE_INTEGER;
}

async function numberCodes(dataset: DatasetRecord, column: string, rows: WantedRows): Promise<Codes> {
  const codes = new Int32Array(rows.index.length).fill(-1);
  const codeOf = new Map<number, number>();
  await scan(dataset, asDouble(dataset, column), rows, (vector) => {
    const numbers = numbersOf(vector);
    const nulls = nullBitsOf(vector);
    return (row, at) => {
      if (!isNull(nulls, row)) codes[at] = numbered(codeOf, numbers[row] as number);
    };
  });
  return { codes, values: Array.from(codeOf.keys(), String) };
}

/** The code of a value; the next free one when it is new. */
function numbered<Value>(codeOf: Map<Value, number>, value: Value): number {
  const known = codeOf.get(value);
  if (known !== undefined) return known;
  codeOf.set(value, codeOf.size);
  return codeOf.size - 1;
}

const asDouble = (dataset: DatasetRecord, column: string): string => `CAST(${columnSql(dataset, column)} AS DOUBLE)`;

/** The number in a numeric column on each of the given rows; NaN for null. Throws DATASET_REJECTED. */
export async function columnNumbers(dataset: DatasetRecord, column: string, rows: WantedRows): Promise<Float64Array> {
  const values = new Float64Array(rows.index.length).fill(Number.NaN);
  await scan(dataset, asDouble(dataset, column), rows, (vector) => {
    const numbers = numbersOf(vector);
    const nulls = nullBitsOf(vector);
    return (row, at) => {
      if (!isNull(nulls, row)) values[at] = numbers[row] as number;
    };
  });
  return values;
}

/** Takes, chunk by chunk, the row of the chunk for each of the given rows: `at` is the position among them. */
async function scan(
  dataset: DatasetRecord,
  expression: string,
  { selection, index: rows }: WantedRows,
  taker: (vector: DuckDBVector) => (row: number, at: number) => void,
): Promise<void> {
  await assertUnchanged(dataset.files);
  using reader = await Reader.open(dataset.files.map(({ path }) => path));
  const query = new Query();
  const from = `${fromFiles(query, dataset.files)}${whereSql(query, dataset, selection)}`;
  const sql = `SELECT ${rowIndexSql(query, dataset.files)}, ${expression} FROM ${from}`;
  let next = 0;
  for await (const chunk of reader.chunks(query.statement(sql))) {
    if (next === rows.length) break;
    const index = numbersOf(chunk.getColumnVector(0));
    const take = taker(chunk.getColumnVector(1));
    const { rowCount } = chunk;
    for (let row = 0; row < rowCount; row++) {
      if (index[row] === rows[next]) take(row, next++);
    }
  }
  if (next < rows.length) throw new Error('rows that are not selected, or not in their order');
}
