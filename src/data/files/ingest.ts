import { rm, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { datasetRejected } from '../../errors.ts';
import { using } from '../../using.ts';
import { type Explain, Reader } from '../duckdb/reader.ts';
import { fromFiles, Query, quoted } from '../duckdb/sql.ts';
import { type CsvHeader, readCsvHeader } from './csv-header.ts';
import { fileNames } from './file-names.ts';
import type { DataFormat } from './formats.ts';
import { parquetNames } from './parquet-names.ts';
import { textTypes } from './text-types.ts';
import { emptyFile } from './unchanged.ts';

/**
 * Writes the rows of files, all of one format and in their order, into one Parquet file at `path`: rows of text have no places that
 * they could be found at later. Streamed, and nothing is guessed from a part of the rows. Returns the names of the columns as the
 * files have them (DuckDB does not keep “A” and “a” apart). Throws DATASET_REJECTED naming the file and, where it can be told, the
 * line.
 */
export async function ingest(paths: readonly string[], format: DataFormat, path: string): Promise<string[]> {
  await assertNotEmpty(paths);
  const texts = `${path}.texts`;
  return using(await Reader.open([...paths, path, texts], availableParallelism()), async (reader) => {
    try {
      switch (format) {
        case 'PARQUET':
          return await copyParquet(reader, paths, path);
        case 'JSON_LINES':
          return await copyJsonLines(reader, paths, path);
        case 'CSV':
          return await copyCsv(reader, paths, texts, path);
      }
    } finally {
      await rm(texts, { force: true });
    }
  });
}

async function assertNotEmpty(paths: readonly string[]): Promise<void> {
  for (const path of paths) if ((await stat(path)).size === 0) throw emptyFile(fileNames(paths)(path));
}

async function copyParquet(reader: Reader, paths: readonly string[], path: string): Promise<string[]> {
  const query = new Query();
  const from = fromFiles(
    query,
    paths.map((file) => ({ path: file })),
  );
  await copy(reader, query, `SELECT * FROM ${from}`, path);
  return parquetNames(reader, paths[0] as string);
}

/** Objects of many keys, or of others on every line, are rows like others and no maps. */
async function copyJsonLines(reader: Reader, paths: readonly string[], path: string): Promise<string[]> {
  const from = (query: Query) =>
    `read_json(${query.bindList(paths)}, format = 'newline_delimited', records = 'true', sample_size = -1, ` +
    `maximum_sample_files = ${paths.length}, union_by_name = true, map_inference_threshold = -1)`;
  const explainJson = explainJsonOf(paths);
  const describe = new Query();
  const columns = await reader.records(describe.statement(`DESCRIBE SELECT * FROM ${from(describe)}`), explainJson);
  const names = columns.map((column) => String(column.column_name));
  const query = new Query();
  const values = columns.map(({ column_type }, at) => plainSql(quoted(names[at] as string), String(column_type)));
  await copy(reader, query, `SELECT ${named(values, names)} FROM ${from(query)}`, path, explainJson);
  return names;
}

/** What columns of JSON can be in Parquet: values of many types as their texts; UUIDs and times of day, too. */
function plainSql(column: string, type: string): string {
  switch (type) {
    case 'JSON':
      return `${column} ->> '$'`;
    case 'JSON[]':
      return `list_transform(${column}, lambda x: x ->> '$')`;
    case 'HUGEINT':
    case 'UHUGEINT':
      return `CAST(${column} AS DECIMAL(38, 0))`;
    case 'UUID':
    case 'TIME':
      return `CAST(${column} AS VARCHAR)`;
    default:
      return column;
  }
}

/** First all columns as texts, then each as what all of its texts are. */
async function copyCsv(reader: Reader, paths: readonly string[], texts: string, path: string): Promise<string[]> {
  const { delimiter, names, blankLineCounts } = await commonHeader(paths);
  const query = new Query();
  const places = names.map((_, at) => `c${at}`);
  const columns = places.map((place) => `'${place}': 'VARCHAR'`).join(', ');
  const rows = alike(paths, blankLineCounts).map(
    ({ paths: some, blankLineCount }) =>
      `SELECT * FROM read_csv(${query.bindList(some)}, auto_detect = false, header = true, skip = ${blankLineCount}, ` +
      `delim = ${query.bind(delimiter)}, quote = '"', escape = '"', columns = {${columns}})`,
  );
  await copy(reader, query, rows.join(' UNION ALL '), texts, explainCsv(names, paths));
  const types = await textTypes(reader, texts, places);
  assertHeader(paths, names, types);
  const final = new Query();
  const values = types.map((type, at) =>
    type === 'VARCHAR' ? quoted(`c${at}`) : `CAST(trim(${quoted(`c${at}`)}) AS ${type})`,
  );
  await copy(reader, final, `SELECT ${named(values, names)} FROM read_parquet(${final.bind(texts)})`, path);
  return [...names];
}

/** Files side by side that have as many blank lines before their names: DuckDB leaves out as many of each that it reads at once. */
function alike(paths: readonly string[], blankLineCounts: readonly number[]) {
  const runs: { readonly paths: string[]; readonly blankLineCount: number }[] = [];
  for (const [at, path] of paths.entries()) {
    const blankLineCount = blankLineCounts[at] as number;
    const last = runs.at(-1);
    if (last?.blankLineCount === blankLineCount) last.paths.push(path);
    else runs.push({ paths: [path], blankLineCount });
  }
  return runs;
}

type CommonHeader = Omit<CsvHeader, 'blankLineCount'> & { readonly blankLineCounts: readonly number[] };

async function commonHeader(paths: readonly string[]): Promise<CommonHeader> {
  const [first, ...others] = paths as [string, ...string[]];
  const nameOf = fileNames(paths);
  const { blankLineCount: ofFirst, ...header } = await readCsvHeader(first, nameOf(first));
  const blankLineCounts = [ofFirst];
  for (const path of others) {
    const { delimiter, names, blankLineCount } = await readCsvHeader(path, nameOf(path));
    blankLineCounts.push(blankLineCount);
    const at = names.findIndex((name, place) => name !== header.names[place]);
    if (at === -1 && names.length === header.names.length && delimiter === header.delimiter) continue;
    const what = at === -1 ? 'other columns or another delimiter' : `“${names[at]}” at place ${at + 1}`;
    throw datasetRejected(
      `The files do not have the same columns: ${nameOf(path)} has ${what}, unlike ${nameOf(first)}. Write them alike.`,
    );
  }
  return { ...header, blankLineCounts };
}

/** A first line of data gives itself away: what it calls columns of numbers are numbers. (0, 1, 2 … are names that pandas gives.) */
function assertHeader(paths: readonly string[], names: readonly string[], types: readonly string[]): void {
  const ofNumbers = names.filter((_, at) => /^(U?BIGINT|DOUBLE|DECIMAL)/.test(types[at] as string));
  const isNumbered = names.every((name, at) => name === String(at));
  const isNumber = (name: string) => name.trim() !== '' && Number.isFinite(Number(name));
  if (ofNumbers.length === 0 || isNumbered || !ofNumbers.every(isNumber)) return;
  throw datasetRejected(
    `The first line of ${fileNames(paths)(paths[0] as string)} must name its columns, and it has “${ofNumbers[0]}” for one of numbers. Put a line of names before the data.`,
  );
}

const named = (values: readonly string[], names: readonly string[]): string =>
  values.map((value, at) => `${value} AS ${quoted(names[at] as string)}`).join(', ');

async function copy(reader: Reader, query: Query, select: string, path: string, explain?: Explain): Promise<void> {
  const sql = `COPY (${select}) TO ${query.bind(path)} (FORMAT parquet, USE_TMP_FILE false)`;
  await reader.records(query.statement(sql), explain);
}

function fileIn(message: string, paths: readonly string[]): string {
  const path = /file\s*(?:=\s*|")([^"\n]+)/.exec(message)?.[1]?.trim();
  return path === undefined ? 'a file' : fileNames(paths)(path);
}

const explainCsv =
  (names: readonly string[], paths: readonly string[]): Explain =>
  (message) => {
    const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
    if (line === undefined) return undefined;
    const columns = /Expected Number of Columns: \d+ Found: (\d+)/.exec(message)?.[1];
    const what = columns
      ? `has ${columns} values; its first line names ${names.length} columns`
      : /unicode|utf-8/i.test(message)
        ? 'is no text in UTF-8'
        : /quote/i.test(message)
          ? 'has a quote that does not end, or text around quotes'
          : 'cannot be read';
    return datasetRejected(
      `Line ${line} of ${fileIn(message, paths)} ${what}. Mend the line and register the data again.`,
      {
        line: Number(line),
      },
    );
  };

const explainJsonOf =
  (paths: readonly string[]): Explain =>
  (message) => {
    const file = fileIn(message, paths);
    if (/expected records/.test(message))
      return datasetRejected(
        'The lines of JSON Lines must be objects, of column names and values. Write one for each row.',
      );
    const found = /in line (\d+)/.exec(message)?.[1];
    if (found === undefined) return undefined;
    // DuckDB counts the lines before a malformed one from 1.
    const line = Number(found) - (/^[^\n]*Malformed JSON/.test(message) ? 1 : 0);
    const what = /duplicate key "(.*)"/.exec(message)?.[1];
    return datasetRejected(
      `Line ${line} of ${file} ${what === undefined ? 'is no JSON' : `has the key “${what}” twice`}. Mend the line and register the data again.`,
      { line },
    );
  };
