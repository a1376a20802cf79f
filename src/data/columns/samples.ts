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
  return using(await OpenRows.open(rows), async ({ reader, sources: [source], query }) => {
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
  return using(await OpenRows.open(rows), async ({ reader, sources: [source], query }) => {
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

/** Of values that occur in either sample: counted and joined by DuckDB, since ids may be as many as rows. Throws DATASET_REJECTED when a file was changed. */
export async function categoriesIn(
  reference: SelectedRows,
  current: SelectedRows,
  column: string,
): Promise<CategoryCounts> {
  const counts = { reference: await countsOf(reference, column), current: await countsOf(current, column) };
  const bins = await joinedCounts(reference, current, column);
  const all = isList(current.dataset, column) ? sumOf(bins.map(({ after }) => after)) : counts.current.rowCount;
  const unseenCount = sumOf(bins.map(({ unseen }) => unseen));
  return {
    ...counts,
    referenceCounts: bins.map(({ before }) => before),
    currentCounts: bins.map(({ after }) => after),
    unseen: all === 0 ? 0 : unseenCount / all,
  };
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

/** Of one value, or of all those that have no bin of their own. */
interface JoinedCount {
  readonly before: number;
  readonly after: number;
  readonly unseen: number;
}

async function joinedCounts(reference: SelectedRows, current: SelectedRows, column: string): Promise<JoinedCount[]> {
  return using(await OpenRows.open(reference, current), async ({ reader, sources, query }) => {
    const [before, after] = [reference, current].map(({ dataset }, at) => {
      const type = elementType(typeOf(dataset, column));
      const isKnown = classOf(type) === 'FLOAT' ? 'value IS NOT NULL AND NOT isnan(value)' : 'value IS NOT NULL';
      const values = `SELECT ${elementsSql(dataset, column)} AS value ${sources[at]}`;
      return `SELECT ${textSql('value', type)} AS text, count(*) AS times FROM (${values}) WHERE ${isKnown} GROUP BY text`;
    });
    const joined = `
      SELECT coalesce(before.text, after.text) AS text, coalesce(before.times, 0) AS before, coalesce(after.times, 0) AS after
      FROM (${before}) AS before FULL OUTER JOIN (${after}) AS after ON before.text = after.text`;
    const ranked = `SELECT before, after, row_number() OVER (ORDER BY before DESC, text) AS place FROM (${joined})`;
    const sql = `
      SELECT CASE WHEN before > 0 AND place <= ${binCount} THEN place ELSE ${binCount + 1} END AS bin,
             sum(before) AS before, sum(after) AS after, coalesce(sum(after) FILTER (before = 0), 0) AS unseen
      FROM (${ranked}) GROUP BY bin ORDER BY bin`;
    const found = await reader.records(query.statement(sql));
    return found.map((one) => ({ before: Number(one.before), after: Number(one.after), unseen: Number(one.unseen) }));
  });
}

const isList = (dataset: DatasetRecord, column: string): boolean => classOf(typeOf(dataset, column)) === 'LIST';

const elementsSql = (dataset: DatasetRecord, column: string): string =>
  isList(dataset, column) ? `unnest(${columnSql(dataset, column)})` : columnSql(dataset, column);

/** A reader of selected rows, and what comes behind the SELECT of each. */
class OpenRows implements Disposable {
  readonly reader: Reader;
  readonly query: Query;
  readonly sources: readonly string[];

  private constructor(reader: Reader, query: Query, sources: readonly string[]) {
    this.reader = reader;
    this.query = query;
    this.sources = sources;
  }

  static async open(...selected: readonly SelectedRows[]): Promise<OpenRows> {
    for (const { dataset } of selected) await assertUnchanged(dataset.files);
    const paths = selected.flatMap(({ dataset }) => dataset.files.map(({ path }) => path));
    const reader = await Reader.open([...new Set(paths)]);
    const query = new Query();
    const sources: string[] = [];
    for (const [at, { dataset, selection }] of selected.entries()) {
      const { sample } = selection;
      const table = `drawn${at}`;
      if (sample !== undefined) await reader.addTable(table, 'row_index', drawn(dataset, selection, sample.count));
      const where = whereSql(query, dataset, selection) || ' WHERE true';
      const isDrawn =
        sample === undefined ? '' : ` AND ${rowIndexSql(query, dataset.files)} IN (SELECT row_index FROM ${table})`;
      sources.push(`FROM ${fromFiles(query, dataset.files)}${where}${isDrawn}`);
    }
    return new OpenRows(reader, query, sources);
  }

  [Symbol.dispose](): void {
    this.reader[Symbol.dispose]();
  }
}

async function* drawn(dataset: DatasetRecord, selection: RowSelection, count: number): AsyncGenerator<Float64Array> {
  yield Float64Array.from(await selectedIndexes(dataset, selection, { after: -1, count }));
}
