import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { datasetRejected } from '../../errors.ts';
import { dataLimits } from '../../limits.ts';

export interface CsvHeader {
  readonly delimiter: string;
  /** Of the columns, in their order. */
  readonly names: readonly string[];
  /** Before the line of names. */
  readonly blankLineCount: number;
}

const lineEnd = /\r\n|\n|\r/g;

/** Of as many, the first. */
const delimitersOf = (path: string): string[] => (/\.tsv(\.gz)?$/i.test(path) ? ['\t'] : [',', ';', '\t', '|']);

/**
 * The first line of a CSV file that is not blank: its names, and which delimiter stands between them (comma, semicolon, tab or bar:
 * the one that cuts most of the next lines into as many fields, and of as good ones the one that the line has most of; in a .tsv a
 * tab). Throws DATASET_REJECTED for a file that is empty or whose first line names no columns.
 */
export async function readCsvHeader(path: string, file: string): Promise<CsvHeader> {
  const text = (await beginningOf(path, file)).replace(/^\uFEFF/, '');
  const [blank = ''] = /^(?: *(?:\r\n|\n|\r))*/.exec(text) ?? [];
  const blankEnds = blank.match(lineEnd) ?? [];
  const [line = '', ...next] = recordsOf(text.slice(blank.length));
  if (/[\0\uFFFD]/.test(line)) throw datasetRejected(`The file ${file} is no text in UTF-8. Write it as UTF-8.`);
  if (line.trim() === '')
    throw datasetRejected(`The file ${file} is empty: it has no line with the names of its columns.`);
  const [end = blankEnds[0]] = text.slice(blank.length + line.length).match(lineEnd) ?? [];
  if (blankEnds.some((other) => other !== end))
    throw datasetRejected(`The blank lines at the beginning of ${file} end otherwise than the next. Take them out.`);
  const delimiter = delimiterOf(line, next, delimitersOf(path));
  const names = split(line, delimiter);
  const wrong = flaw(names);
  if (wrong !== undefined) throw datasetRejected(`The first line of ${file} must name its columns, and ${wrong}.`);
  return { delimiter, names, blankLineCount: blankEnds.length };
}

function flaw(names: readonly string[]): string | undefined {
  if (names.some((name) => name.trim() === '')) return `the name of column ${names.indexOf('') + 1} is empty`;
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) return `it has “${twice}” twice`;
  const [first = ''] = names;
  if (names.length === 1 && /(\w\s*[^\w\s"'.()-]\s*){2}/.test(first))
    return `“${first.slice(0, 100)}” is one name: separate columns by commas, semicolons, tabs or bars`;
  return undefined;
}

/** One that the first line does not have says nothing of the others. */
function delimiterOf(line: string, next: readonly string[], delimiters: readonly string[]): string {
  const [best] = delimiters
    .map((delimiter) => {
      const fieldCount = split(line, delimiter).length;
      const agreeing = next.filter((record) => split(record, delimiter).length === fieldCount).length;
      return { delimiter, fieldCount, agreeing: fieldCount === 1 ? 0 : agreeing };
    })
    .sort((a, b) => b.agreeing - a.agreeing || b.fieldCount - a.fieldCount);
  return best?.delimiter ?? ',';
}

/** Enough to tell a delimiter from what is part of a name. */
const recordCount = 20;

/** The first, as far as the next line end that is not quoted. */
function recordsOf(text: string): string[] {
  const records: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at < text.length && records.length < recordCount; at++) {
    if (text[at] === '"') isQuoted = !isQuoted;
    if (isQuoted || (text[at] !== '\n' && text[at] !== '\r')) continue;
    records.push(text.slice(start, at));
    if (text[at] === '\r' && text[at + 1] === '\n') at++;
    start = at + 1;
  }
  return records.length < recordCount ? [...records, text.slice(start)] : records;
}

function split(record: string, delimiter: string): string[] {
  const fields = [''];
  let isQuoted = false;
  for (const character of record) {
    if (character === '"') isQuoted = !isQuoted;
    if (character === delimiter && !isQuoted) fields.push('');
    else fields.push(`${fields.pop()}${character}`);
  }
  return fields.map((field) => (/^".*"$/s.test(field) ? field.slice(1, -1).replaceAll('""', '"') : field));
}

async function beginningOf(path: string, file: string): Promise<string> {
  const bytes = createReadStream(path);
  const stream = path.toLowerCase().endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes;
  bytes.on('error', (error) => stream.destroy(error));
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= dataLimits.csvHeaderBytes) break;
    }
  } catch {
    throw datasetRejected(`The file ${file} cannot be opened. Check that the server may read it.`);
  } finally {
    bytes.destroy();
  }
  return Buffer.concat(chunks).toString();
}
