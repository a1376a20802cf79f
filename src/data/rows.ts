import { badUserInput } from '../errors.ts';
import { dataLimits } from '../limits.ts';
import { suggestionFor } from '../similar.ts';
import { using } from '../using.ts';
import { classOf, isScalar } from './columns/type.ts';
import { Reader } from './duckdb/reader.ts';
import { fromFiles, Query, rowIndexSql, typeOf, whereSql } from './duckdb/sql.ts';
import { assertUnchanged } from './files/unchanged.ts';
import { drawnIndexes } from './sample.ts';
import type { DatasetRecord, FilterOperator, RowFilter, RowSelection } from './types.ts';

/** RowsInput of the API, as far as it chooses rows of a dataset; an absent field and null are the same. */
export interface RowsInput {
  readonly partitions?: readonly string[] | null | undefined;
  readonly partitionRange?:
    | { readonly from?: string | null | undefined; readonly to?: string | null | undefined }
    | null
    | undefined;
  readonly where?: readonly { column: string; op: FilterOperator; value?: unknown }[] | null | undefined;
  readonly sample?: number | null | undefined;
  readonly seed?: number | null | undefined;
  readonly invalid?: RowSelection['invalid'] | null | undefined;
  /** Not of the API: a page of the rows. */
  readonly only?: readonly number[];
}

/**
 * The canonical form: the same rows, however they were asked for, are the same selection. `partitions` are the dataset's, in
 * their order. Throws BAD_USER_INPUT naming the argument.
 */
export function selectRows(dataset: DatasetRecord, partitions: readonly string[], input: RowsInput): RowSelection {
  const selection: RowSelection = {
    partitions: selectPartitions(dataset, partitions, input),
    where: canonicalFilters(dataset, input.where ?? []),
    invalid: input.invalid ?? 'FAIL',
    ...(input.only === undefined ? {} : { only: input.only }),
  };
  const { sample: count, seed } = input;
  if (count == null) return selection;
  if (count < 1)
    throw badUserInput('rows.sample', `rows.sample is ${count}; it must be at least 1, or left out for all rows.`);
  const isAll = selection.partitions === null && selection.where.length === 0 && count >= dataset.rowCount;
  return isAll ? selection : { ...selection, sample: { count, seed: seed ?? 0 } };
}

/** How many rows are selected, valid or not. Throws DATASET_REJECTED. */
export async function countRows(dataset: DatasetRecord, selection: RowSelection): Promise<number> {
  return Math.min(await countAll(dataset, selection), selection.sample?.count ?? Number.POSITIVE_INFINITY);
}

async function countAll(dataset: DatasetRecord, selection: RowSelection): Promise<number> {
  const { partitions, where: filters, only } = selection;
  if (partitions === null && filters.length === 0 && only === undefined) return dataset.rowCount;
  await assertUnchanged(dataset.files);
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    const query = new Query();
    const where = whereSql(query, dataset, selection);
    const sql = `SELECT count(*) AS count FROM ${fromFiles(query, dataset.files)}${where}`;
    const [counted] = await reader.records(query.statement(sql));
    return Number(counted?.count);
  });
}

/** The indexes of the first `count` selected rows behind row `after`, valid or not. Throws DATASET_REJECTED. */
export async function selectedIndexes(
  dataset: DatasetRecord,
  selection: RowSelection,
  { after, count }: { readonly after: number; readonly count: number },
): Promise<number[]> {
  await assertUnchanged(dataset.files);
  if (selection.sample !== undefined) return drawnIndexes(dataset, selection, selection.sample, { after, count });
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    const query = new Query();
    const index = rowIndexSql(query, dataset.files);
    const from = `FROM ${fromFiles(query, dataset.files)}${whereSql(query, dataset, selection)}`;
    const behind = `WHERE index > CAST(${query.bind(after)} AS DOUBLE) ORDER BY index LIMIT ${query.bind(BigInt(count))}`;
    const found = await reader.records(
      query.statement(`SELECT index FROM (SELECT ${index} AS index ${from}) ${behind}`),
    );
    return found.map(({ index: at }) => Number(at));
  });
}

function selectPartitions(dataset: DatasetRecord, all: readonly string[], input: RowsInput): string[] | null {
  const { partitions: named, partitionRange: range } = input;
  if (named == null && range == null) return null;
  const argument = named == null ? 'rows.partitionRange' : 'rows.partitions';
  if (named != null && range != null) {
    throw badUserInput(argument, 'rows.partitions and rows.partitionRange exclude each other: give one of them.');
  }
  if (dataset.partitionBy === null) {
    throw badUserInput(argument, `${argument}: the dataset has no partitions. Register it with partitionBy.`);
  }
  const chosen = named == null ? inRange(dataset, all, range ?? {}) : knownPartitions(all, named);
  if (chosen.length === 0)
    throw badUserInput(argument, `${argument} selects no partition, so there are no rows to read.`);
  return chosen;
}

function knownPartitions(all: readonly string[], named: readonly string[]): string[] {
  const unknown = named.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    const { words, data } = suggestionFor(unknown, all);
    throw badUserInput('rows.partitions', `There is no partition “${unknown}”.${words}`, data);
  }
  const wanted = new Set(named);
  return all.filter((name) => wanted.has(name));
}

function inRange(
  dataset: DatasetRecord,
  all: readonly string[],
  { from, to }: NonNullable<RowsInput['partitionRange']>,
): string[] {
  const type = typeOf(dataset, dataset.partitionBy as string);
  for (const [end, value] of Object.entries({ from, to })) {
    if (value != null && !fits(value, type)) {
      const argument = `rows.partitionRange.${end}`;
      throw badUserInput(argument, `${argument}: “${value}” is no value of “${dataset.partitionBy}” (${type}).`);
    }
  }
  const compare = comparisonOf(type);
  return all.filter((name) => (from == null || compare(name, from) >= 0) && (to == null || compare(name, to) <= 0));
}

/** The order in which DuckDB sorts values of the type, on their texts. */
function comparisonOf(type: string): (a: string, b: string) => number {
  switch (classOf(type)) {
    case 'INTEGER':
    case 'FLOAT':
    case 'DECIMAL':
      return (a, b) => byNumber(numberOf(a), numberOf(b));
    default:
      return (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
}

/** As DuckDB writes it, or JSON. */
const numberOf = (text: string): number => Number(text.replace(/^([+-]?)inf(inity)?$/i, '$1Infinity'));

/** NaN is above all others; infinities are equal to themselves. */
function byNumber(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a - b;
}

function canonicalFilters(dataset: DatasetRecord, filters: NonNullable<RowsInput['where']>): RowFilter[] {
  if (filters.length > dataLimits.filterCount) {
    throw badUserInput(
      'rows.where',
      `rows.where has ${filters.length} filters; the most is ${dataLimits.filterCount}.`,
    );
  }
  const texts = filters.map((filter, at) => JSON.stringify(canonicalFilter(dataset, filter, `rows.where[${at}]`)));
  return [...new Set(texts)].sort().map((text) => JSON.parse(text) as RowFilter);
}

function canonicalFilter(
  dataset: DatasetRecord,
  { column: name, op, value }: NonNullable<RowsInput['where']>[number],
  argument: string,
): RowFilter {
  const column = dataset.columns.find((other) => other.name === name);
  if (column === undefined) {
    const names = dataset.columns.map((other) => other.name);
    const { words, data } = suggestionFor(name, names);
    throw badUserInput(`${argument}.column`, `${argument}: there is no column “${name}”.${words}`, data);
  }
  const refused = (what: string) => badUserInput(`${argument}.value`, `${argument}: ${what}`);
  if (op === 'IS_NULL' || op === 'NOT_NULL') {
    if (value != null) throw refused(`${op} takes no value; leave it out.`);
    return { column: name, op };
  }
  if (!isScalar(column.type))
    throw refused(`“${name}” is ${column.type}, which cannot be compared; only IS_NULL and NOT_NULL.`);
  const expect = (one: unknown) => {
    if (!fits(one, column.type))
      throw refused(`${JSON.stringify(one ?? null)} is no value of “${name}” (${column.type}).`);
  };
  if (op !== 'IN') {
    expect(value);
    return { column: name, op, value };
  }
  if (!Array.isArray(value) || value.length === 0) throw refused('IN takes a list with at least one value.');
  if (value.length > dataLimits.filterValueCount)
    throw refused(`IN takes at most ${dataLimits.filterValueCount} values.`);
  for (const one of value) expect(one);
  return { column: name, op, value: [...new Set(value)].sort() };
}

const isoDate = /^\d{4}-\d{2}-\d{2}$/;
const isoMoment = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?)?$/;

/** What floats have that JSON's numbers have not, as the API writes it, or DuckDB. */
const notFinite = /^(nan|[+-]?inf(inity)?)$/i;

const isDecimal = (value: unknown): boolean =>
  typeof value === 'string' ? /^-?\d{1,38}(\.\d{1,18})?$/.test(value) : Number.isFinite(value);

/** Whether a JSON value can be one of the column's; numbers may come as text, since JSON's end at 2^53. */
export function fits(value: unknown, type: string): boolean {
  const isText = typeof value === 'string';
  switch (classOf(type)) {
    case 'FLOAT':
      return isDecimal(value) || (isText && notFinite.test(value));
    case 'INTEGER':
    case 'DECIMAL':
      return isDecimal(value);
    case 'BOOLEAN':
      return typeof value === 'boolean' || value === 'true' || value === 'false';
    case 'TEXT':
      return isText;
    case 'DATE':
      return isText && isoDate.test(value) && isCalendarDate(value);
    default:
      return isText && isoMoment.test(value) && isCalendarDate(value);
  }
}

/** Not the 31st of February. */
function isCalendarDate(text: string): boolean {
  const day = text.slice(0, 10);
  const moment = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day);
}
