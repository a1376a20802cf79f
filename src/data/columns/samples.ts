import { using } from '../../using.ts';
import { isNull, nullBitsOf, numbersOf } from '../duckdb/cells.ts';
import { Reader } from '../duckdb/reader.ts';
import { columnSql, fromFiles, Query, rowIndexSql, textSql, typeOf, whereSql } from '../duckdb/sql.ts';
import { assertUnchanged } from '../files/unchanged.ts';
import { selectedIndexes } from '../rows.ts';
import type { DatasetRecord, RowSelection } from '../types.ts';
import { classOf, elementType, isNumeric } from './type.ts';

/** Rows of a dataset as they lie in its files, valid for a model or not. */
export interface SelectedRows {
  readonly dataset: DatasetRecord;
  readonly selection: RowSelection;
}

/** Whether a column, or the elements of its lists, can be taken as numbers. */
export const hasNumbers = (dataset: Pick<DatasetRecord, 'columns'>, column: string): boolean =>
  isNumeric(elementType(typeOf(dataset, column)));

/** How many rows there are, and how many of them have no value: null, or NaN. */
export interface RowCounts {
  readonly rowCount: number;
  readonly missingCount: number;
}

/** Values of a column that are numbers, of lists their elements: ascending, without null and NaN. */
export interface NumberSample extends RowCounts {
  readonly sorted: Float64Array;
}

/** Throws DATASET_REJECTED when a file was changed. */
export async function numbersIn(rows: SelectedRows, column: string): Promise<NumberSample> {
  return using(await OpenRows.open(rows), async ({ reader, source, query }) => {
    const { dataset } = rows;
    const values = `CAST(${elementsSql(dataset, column)} AS DOUBLE)`;
    const counts = await countsOf(rows, column);
    const parts: Float64Array[] = [];
    for await (const chunk of reader.chunks(query.statement(`SELECT ${values} AS value ${source}`))) {
      const vector = chunk.getColumnVector(0);
      const [numbers, nulls] = [numbersOf(vector), nullBitsOf(vector)];
      const known = (value: number, row: number): boolean =>
        row < chunk.rowCount && !isNull(nulls, row) && !Number.isNaN(value);
      parts.push(numbers.filter(known));
    }
    const sorted = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      sorted.set(part, at);
      at += part.length;
    }
    return { ...counts, sorted: sorted.sort() };
  });
}

async function countsOf(rows: SelectedRows, column: string): Promise<RowCounts> {
  return using(await OpenRows.open(rows), async ({ reader, source, query }) => {
    const { dataset } = rows;
    const value = columnSql(dataset, column);
    const isNaNValue = classOf(typeOf(dataset, column)) === 'FLOAT' ? ` OR isnan(${value})` : '';
    const sql = `SELECT count(*) AS rows, count(*) FILTER (${value} IS NULL${isNaNValue}) AS missing ${source}`;
    const [found] = await reader.records(query.statement(sql));
    return { rowCount: Number(found?.rows), missingCount: Number(found?.missing) };
  });
}

/** How often each category occurs in two samples, as texts that name values; of lists, their elements. Null and NaN are left out. */
export interface CategoryCounts {
  readonly reference: RowCounts;
  readonly current: RowCounts;
  /** Of the reference's most frequent values, ties by text, and one bin for all others. */
  readonly referenceCounts: readonly number[];
  readonly currentCounts: readonly number[];
  /** Share of the current rows, of lists of their elements, whose value the reference does not have. */
  readonly unseen: number;
}

/** Values that have a bin of their own. */
const binCount = 50;

/** Throws DATASET_REJECTED when a file was changed. */
export async function categoriesIn(
  reference: SelectedRows,
  current: SelectedRows,
  column: string,
): Promise<CategoryCounts> {
  const [before, after] = [await tableOf(reference, column), await tableOf(current, column)];
  const ranked = [...before].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const own = ranked.slice(0, binCount).map(([value]) => value);
  const binned = (counts: ReadonlyMap<string, number>): number[] => {
    const bins = own.map((value) => counts.get(value) ?? 0);
    return [...bins, sumOf(counts.values()) - sumOf(bins)];
  };
  const counts = { reference: await countsOf(reference, column), current: await countsOf(current, column) };
  const all = isList(current.dataset, column) ? sumOf(after.values()) : counts.current.rowCount;
  const unseenCount = sumOf([...after].filter(([value]) => !before.has(value)).map(([, count]) => count));
  return {
    ...counts,
    referenceCounts: binned(before),
    currentCounts: binned(after),
    unseen: all === 0 ? 0 : unseenCount / all,
  };
}

function sumOf(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}

async function tableOf(rows: SelectedRows, column: string): Promise<Map<string, number>> {
  return using(await OpenRows.open(rows), async ({ reader, source, query }) => {
    const { dataset } = rows;
    const type = elementType(typeOf(dataset, column));
    const isKnown = classOf(type) === 'FLOAT' ? 'value IS NOT NULL AND NOT isnan(value)' : 'value IS NOT NULL';
    const text = textSql('value', type);
    const values = `SELECT ${elementsSql(dataset, column)} AS value ${source}`;
    const sql = `SELECT ${text} AS text, count(*) AS times FROM (${values}) WHERE ${isKnown} GROUP BY text`;
    const found = await reader.records(query.statement(sql));
    return new Map(found.map(({ text: value, times }) => [String(value), Number(times)]));
  });
}

const isList = (dataset: DatasetRecord, column: string): boolean => classOf(typeOf(dataset, column)) === 'LIST';

const elementsSql = (dataset: DatasetRecord, column: string): string =>
  isList(dataset, column) ? `unnest(${columnSql(dataset, column)})` : columnSql(dataset, column);

/** A reader of selected rows, and what comes behind its SELECT. */
class OpenRows implements Disposable {
  readonly reader: Reader;
  readonly query: Query;
  readonly source: string;

  private constructor(reader: Reader, query: Query, source: string) {
    this.reader = reader;
    this.query = query;
    this.source = source;
  }

  static async open({ dataset, selection }: SelectedRows): Promise<OpenRows> {
    await assertUnchanged(dataset.files);
    const reader = await Reader.open(dataset.files.map(({ path }) => path));
    const { sample } = selection;
    if (sample !== undefined) await reader.addTable('drawn', 'row_index', drawn(dataset, selection, sample.count));
    const query = new Query();
    const where = whereSql(query, dataset, selection) || ' WHERE true';
    const isDrawn =
      sample === undefined ? '' : ` AND ${rowIndexSql(query, dataset.files)} IN (SELECT row_index FROM drawn)`;
    return new OpenRows(reader, query, `FROM ${fromFiles(query, dataset.files)}${where}${isDrawn}`);
  }

  [Symbol.dispose](): void {
    this.reader[Symbol.dispose]();
  }
}

async function* drawn(dataset: DatasetRecord, selection: RowSelection, count: number): AsyncGenerator<Float64Array> {
  yield Float64Array.from(await selectedIndexes(dataset, selection, { after: -1, count }));
}
