import { createHash } from 'node:crypto';
import { badUserInput, datasetRejected } from '../../errors.ts';
import { dataLimits } from '../../limits.ts';
import { suggestionFor } from '../../similar.ts';
import { using } from '../../using.ts';
import { isLabelSql, isNoLabel, labelSql } from '../columns/label.ts';
import { isNumeric, isScalar } from '../columns/type.ts';
import { Reader } from '../duckdb/reader.ts';
import { columnSql, fromFiles, Query, reservedColumns, textSql, typeOf } from '../duckdb/sql.ts';
import type { DatasetColumn, DatasetFile, DatasetRecord } from '../types.ts';
import { fileNames } from './file-names.ts';
import type { FolderValue } from './folder-columns.ts';
import { parquetNames } from './parquet-names.ts';
import { assertUnchanged, digestOf, inspectParquet } from './unchanged.ts';

export interface DatasetSettings {
  readonly label: string | null;
  /** Of the label, as text: the value that counts as 1, where it is not 0 and 1. */
  readonly positive?: string | null;
  readonly groupBy: string | null;
  readonly partitionBy: string | null;
}

export interface Partition {
  readonly name: string;
  readonly rowCount: number;
  /** null without a label. */
  readonly positiveCount: number | null;
}

export interface RegisteredDataset extends DatasetRecord {
  /** In the order of their values; nulls belong to none. Empty without a partition column. */
  readonly partitions: readonly Partition[];
}

/** Of rows that were written anew: what they were before. */
export interface Origin {
  /** Names of the files. */
  readonly files: readonly string[];
  /** SHA-256 of the files, in their order. */
  readonly digests: readonly string[];
  /** Of the columns. */
  readonly names: readonly string[];
}

/**
 * Checks Parquet files and says what is in them. `paths` are absolute, free of links, and in the order of their rows; `folders`: of
 * each, what its folders say. What the rows say themselves goes before it.
 * Throws DATASET_REJECTED naming the file, BAD_USER_INPUT naming the setting.
 */
export async function inspectDataset(
  paths: readonly string[],
  settings: DatasetSettings,
  origin?: Origin,
  folders: readonly (readonly FolderValue[])[] = [],
): Promise<RegisteredDataset> {
  assertReadable(paths);
  const nameOf = fileNames(paths);
  const inspected = await Promise.all(paths.map((path) => inspectParquet(path, nameOf(path))));
  return using(await Reader.open(paths), async (reader) => {
    const own = await commonSchema(reader, paths, origin?.names);
    const isOwn = ({ name }: FolderValue): boolean =>
      own.some((column) => column.name.toLowerCase() === name.toLowerCase());
    const ofFolders = (folders[0] ?? []).filter((one) => !isOwn(one));
    const found = [...own, ...ofFolders.map(({ name, type }): DatasetColumn => ({ name, type }))];
    assertNames(found, nameOf(paths[0] as string));
    checkSettings(found, settings);
    const columns = found.map((column) => withPositive(column, settings));
    const rowCounts = await Promise.all(paths.map((path) => countRows(reader, path, nameOf(path))));
    const digests: string[] = [];
    for (const path of paths) digests.push(await digestOf(path));
    const files = inspected.map((file, at): DatasetFile => {
      const said = (folders[at] ?? []).filter((one) => !isOwn(one));
      return {
        ...file,
        digest: digests[at] as string,
        rowCount: rowCounts[at] as number,
        ...(said.length > 0 && { folders: said }),
      };
    });
    const rowCount = rowCounts.reduce((sum, count) => sum + count, 0);
    if (rowCount === 0) throw withoutRows(origin?.files ?? paths.map(nameOf));
    const { label, groupBy, partitionBy } = settings;
    const rows = { files, columns, rowCount, label, groupBy, partitionBy };
    await checkLabel(reader, rows);
    const partitions = await listPartitions(reader, rows);
    await assertUnchanged(files);
    return { ...rows, digest: digestDataset(origin?.digests ?? digests, settings, files), partitions };
  });
}

function withoutRows(files: readonly string[]) {
  const names = files.length <= 3 ? files.join(', ') : `${files[0]} and ${files.length - 1} other files`;
  return datasetRejected(`There are no rows in ${names}. Register files that have some.`);
}

/** DuckDB takes names with these for patterns of names. */
export function assertReadable(paths: readonly string[]): void {
  const unusable = paths.find((path) => /[*?]/.test(path));
  if (unusable === undefined) return;
  throw datasetRejected(`Rename ${fileNames(paths)(unusable)} or its folder: a path may not have * or ?.`);
}

type Rows = Omit<DatasetRecord, 'digest'>;

const withPositive = (column: DatasetColumn, { label, positive }: DatasetSettings): DatasetColumn =>
  positive == null || column.name !== label ? column : { ...column, positive };

/** Columns of the first file, which every other must have, in their order and types. */
async function commonSchema(
  reader: Reader,
  paths: readonly string[],
  written: readonly string[] | undefined,
): Promise<DatasetColumn[]> {
  const [first, ...others] = paths as [string, ...string[]];
  const nameOf = fileNames(paths);
  const columns = await schemaOf(reader, first, nameOf(first), written);
  for (const path of others) {
    const difference = differenceBetween(columns, await schemaOf(reader, path, nameOf(path)));
    if (difference === undefined) continue;
    throw datasetRejected(
      `The files do not have the same columns: ${nameOf(path)} ${difference} as in ${nameOf(first)}. Write them alike.`,
    );
  }
  return columns;
}

function assertNames(columns: readonly DatasetColumn[], file: string): void {
  const names = columns.map(({ name }) => name);
  if (names.includes('')) throw datasetRejected(`Column ${names.indexOf('') + 1} of ${file} has no name. Give it one.`);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw datasetRejected(`Two columns of ${file} are called “${twice}”. Rename one of them.`);
  const reserved = names.find((name) => reservedColumns.some((taken) => taken === name.toLowerCase()));
  if (reserved !== undefined) throw datasetRejected(`Rename the column “${reserved}” of ${file}: the name is taken.`);
}

function differenceBetween(expected: readonly DatasetColumn[], actual: readonly DatasetColumn[]): string | undefined {
  for (const [at, { name, type }] of expected.entries()) {
    const other = actual[at];
    if (other?.name !== name) return `does not have the column “${name}” at place ${at + 1}`;
    if (other.type !== type) return `has the column “${name}” as ${other.type}, not ${type}`;
  }
  const extra = actual[expected.length];
  return extra && `has the column “${extra.name}”, and not only those`;
}

/** `written`: names as they were when the file is a copy of ours. */
async function schemaOf(
  reader: Reader,
  path: string,
  file: string,
  written?: readonly string[],
): Promise<DatasetColumn[]> {
  const query = new Query();
  const described = await rejecting(
    file,
    reader.records(query.statement(`DESCRIBE SELECT * FROM ${fromFiles(query, [{ path }])}`)),
  );
  const names = written ?? (await parquetNames(reader, path));
  return described.map((column, at): DatasetColumn => {
    const stored = String(column.column_name);
    const name = names[at] as string;
    return { name, type: String(column.column_type), ...(stored === name ? {} : { stored }) };
  });
}

async function countRows(reader: Reader, path: string, file: string): Promise<number> {
  const query = new Query();
  const counted = query.statement(`SELECT num_rows FROM parquet_file_metadata(${query.bind(path)})`);
  return Number((await rejecting(file, reader.records(counted)))[0]?.num_rows);
}

async function rejecting<Value>(file: string, answer: Promise<Value>): Promise<Value> {
  try {
    return await answer;
  } catch {
    throw datasetRejected(`The file ${file} cannot be read as Parquet: it is damaged. Write it again.`);
  }
}

function checkSettings(columns: readonly DatasetColumn[], { positive, ...settings }: DatasetSettings): void {
  if (positive != null && settings.label === null)
    throw badUserInput('input.positive', 'positive: the dataset has no label whose value it could be. Name one.');
  for (const [setting, name] of Object.entries(settings)) {
    if (name === null) continue;
    const argument = `input.${setting}`;
    const column = columns.find((other) => other.name === name);
    if (column === undefined) {
      const names = columns.map((other) => other.name);
      const { words, data } = suggestionFor(name, names);
      throw badUserInput(argument, `${setting}: there is no column “${name}”.${words}`, data);
    }
    if (isScalar(column.type)) continue;
    throw badUserInput(
      argument,
      `${setting}: the column “${name}” is ${column.type}; it must be a number, a text or a date.`,
    );
  }
}

/** 0, 1 and what is no label, or a value that counts as 1. */
async function checkLabel(reader: Reader, rows: Rows): Promise<void> {
  const column = rows.columns.find(({ name }) => name === rows.label);
  if (column === undefined) return;
  const { name, positive } = column;
  if (positive !== undefined && isNoLabel(positive, column.type))
    throw badUserInput(
      'input.positive',
      `positive: “${positive}” stands for no label in the column “${name}”, so nothing can count as 1 by it. Name another value.`,
    );
  const [known, argument] = positive === undefined ? [['0', '1'], 'input.label'] : [[positive], 'input.positive'];
  const others = await otherValues(reader, rows, column, known);
  const shown = others.slice(0, 3).map((value) => `“${value}”`);
  const has = `has ${shown.join(', ')}${others.length > 3 ? ', …' : ''}`;
  if (positive === undefined && others.length > 0)
    throw badUserInput(
      argument,
      `label: the column “${name}” must be 0, 1 or null, and ${has}. Say with positive which value counts as 1, or write a column that is 1 for the event and 0 otherwise.`,
      { values: others },
    );
  if (positive !== undefined && !(await hasValue(reader, rows, column, positive))) {
    const { words, data } = suggestionFor(positive, others);
    const { similar } = data;
    throw badUserInput(
      argument,
      `positive: no value of the column “${name}” is “${positive}”; it ${has}.${similar.length > 0 ? words : ''}`,
      { values: others, similar },
    );
  }
}

/** The first few values, as texts, beside those that are known. */
async function otherValues(
  reader: Reader,
  rows: Rows,
  { name, type }: DatasetColumn,
  known: readonly string[],
): Promise<string[]> {
  const query = new Query();
  const column = columnSql(rows, name);
  const text = textSql(isNumeric(type) ? `CAST(${column} AS DOUBLE)` : column, isNumeric(type) ? 'DOUBLE' : type);
  const sql =
    `SELECT DISTINCT ${text} AS value FROM ${fromFiles(query, rows.files)} ` +
    `WHERE ${isLabelSql(column, type)} AND NOT list_contains(${query.bindList(known)}, ${text}) ORDER BY value LIMIT 10`;
  return (await reader.records(query.statement(sql))).map(({ value }) => String(value));
}

async function hasValue(reader: Reader, rows: Rows, { name, type }: DatasetColumn, value: string): Promise<boolean> {
  const query = new Query();
  const text = textSql(columnSql(rows, name), type);
  const sql = `SELECT 1 FROM ${fromFiles(query, rows.files)} WHERE ${text} = ${query.bind(value)} LIMIT 1`;
  return (await reader.records(query.statement(sql))).length > 0;
}

async function listPartitions(reader: Reader, rows: Rows): Promise<Partition[]> {
  if (rows.partitionBy === null) return [];
  const query = new Query();
  const by = columnSql(rows, rows.partitionBy);
  const positives = rows.label === null ? 'NULL' : `count(*) FILTER (${labelSql(query, rows)} = 1)`;
  const found = await reader.records(
    query.statement(
      `SELECT ${textSql(by, typeOf(rows, rows.partitionBy))} AS name, count(*) AS rows, ${positives} AS positives ` +
        `FROM ${fromFiles(query, rows.files)} WHERE ${by} IS NOT NULL GROUP BY ${by} ORDER BY ${by} ` +
        `LIMIT ${dataLimits.partitionCount + 1}`,
    ),
  );
  if (found.length > dataLimits.partitionCount) {
    throw badUserInput(
      'input.partitionBy',
      `partitionBy: the column “${rows.partitionBy}” has more than ${dataLimits.partitionCount} values. Name a column with few, such as the day.`,
    );
  }
  return found.map(({ name, rows: count, positives: positive }) => ({
    name: String(name),
    rowCount: Number(count),
    positiveCount: positive === null ? null : Number(positive),
  }));
}

/** Of the bytes in the order of the rows, and of what the columns mean: other settings, other answers. */
function digestDataset(
  files: readonly string[],
  { label, groupBy, partitionBy, positive }: DatasetSettings,
  placed: readonly DatasetFile[],
): string {
  const folders = placed.flatMap((file) => (file.folders === undefined ? [] : [file.folders]));
  const said = {
    files,
    label,
    groupBy,
    partitionBy,
    ...(positive == null ? {} : { positive }),
    ...(folders.length === 0 ? {} : { folders }),
  };
  return createHash('sha256').update(JSON.stringify(said)).digest('hex');
}
