import { constants, createReadStream, createWriteStream, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isDeepStrictEqual } from 'node:util';
import { count } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { inspectParquet } from '../data/files.ts';
import { ownFilesOf } from '../data/own-files.ts';
import { badUserInput, conflict } from '../errors.ts';
import type { Queries } from './database.ts';
import type { DatasetRow } from './datasets.ts';
import { filesOfModel } from './files.ts';
import type { ModelRow } from './models.ts';
import { decodeRow, encodeRow, type Row, rowsOf, type TableName, tables } from './portable-rows.ts';
import type { ResultRow } from './results.ts';

/**
 * What must outlive an upgrade or a move to another engine, in a folder that no database engine has a say in: `rows.jsonl`, a line a
 * row, and below `files` those of the home that the rows name, under the same paths.
 */
const rowsFile = 'rows.jsonl';
const filesFolder = 'files';
/** Of the first line; goes up when an older reader would misread what follows. */
const format = 1;

export type Counts = Record<TableName, number>;

interface Place {
  readonly db: Queries;
  readonly home: string;
}

/** Writes the archive into a new or empty folder. Throws BAD_USER_INPUT when it is neither. */
export async function exportTo(folder: string, { db, home }: Place): Promise<Counts> {
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0)
    throw badUserInput('folder', `The folder “${folder}” is not empty. Name one that is not there yet.`);
  const counts: Counts = { models: 0, modelAliases: 0, datasets: 0, results: 0 };
  // One look at all tables: what a row names is in the archive as well.
  await db.transaction(
    async (tx) => {
      async function* lines(): AsyncGenerator<string> {
        yield `${JSON.stringify({ glassgraph: 'archive', format })}\n`;
        for (const name of Object.keys(tables) as TableName[])
          for await (const row of rowsOf(tx, name)) {
            const portable = name === 'datasets' ? withRelativePaths(row as unknown as DatasetRow, home) : row;
            const files = filesOf(name, portable);
            // What was evicted meanwhile has taken its files with it.
            if (name === 'results' && !files.every((file) => existsSync(join(home, file)))) continue;
            for (const file of files) await copy(join(home, file), join(folder, filesFolder, file));
            counts[name]++;
            yield `${JSON.stringify([name, encodeRow(name, portable)])}\n`;
          }
        yield `${JSON.stringify(['end', counts])}\n`;
      }
      await pipeline(Readable.from(lines()), createWriteStream(join(folder, rowsFile), { flags: 'wx' }));
    },
    { isolationLevel: 'repeatable read' },
  );
  return counts;
}

/** Takes an archive over. Throws CONFLICT when anything is registered here, and BAD_USER_INPUT for what is no archive. */
export async function importFrom(folder: string, { db, home }: Place): Promise<Counts> {
  const counts: Counts = { models: 0, modelAliases: 0, datasets: 0, results: 0 };
  await db.transaction(async (tx) => {
    await assertEmpty(tx);
    const lines = linesOf(join(folder, rowsFile));
    assertFormat((await lines.next()).value);
    let promised: unknown;
    for await (const line of lines) {
      const [name, encoded] = parsed(line) as [TableName | 'end', Row];
      promised = encoded;
      if (name === 'end') break;
      if (!(name in tables)) throw noArchive(`it has rows of “${name}”, which this version does not know`);
      const row = decodeRow(name, encoded);
      for (const file of filesOf(name, row)) await copy(join(folder, filesFolder, file), join(home, file));
      const own = name === 'datasets' ? await withOwnPaths(row as unknown as DatasetRow, home) : row;
      await tx.insert(tables[name] as PgTable).values(own);
      counts[name]++;
    }
    if (!isDeepStrictEqual(promised, counts)) throw noArchive('its end is missing');
  });
  return counts;
}

async function assertEmpty(tx: Queries): Promise<void> {
  for (const name of ['models', 'datasets'] as const) {
    const [found] = await tx.select({ rows: count() }).from(tables[name]);
    if (found?.rows !== 0)
      throw conflict(
        `There are ${name} here already. Import into a GLASSGRAPH_HOME, or a DATABASE_URL, that has none.`,
      );
  }
}

/** `line` is undefined when there is none. */
function assertFormat(line: string | undefined): void {
  const head = parsed(line ?? '{}') as { glassgraph?: unknown; format?: unknown };
  if (head.glassgraph !== 'archive') throw noArchive('it does not begin as one');
  if (head.format !== format) throw noArchive(`it has format ${head.format}, and this version reads ${format}`);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw noArchive('a line of it is no JSON');
  }
}

const noArchive = (why: string) =>
  badUserInput('folder', `This is no archive that “glassgraph export” wrote for this version: ${why}.`);

async function* linesOf(path: string): AsyncGenerator<string, undefined> {
  const input = createReadStream(path);
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT' ? noArchive(`there is no ${rowsFile} in it`) : error;
  }
}

/** Below the home, relative to it; of a dataset, those that are not read where they lie. */
function filesOf(name: TableName, row: Row): readonly string[] {
  if (name === 'models') return filesOfModel(row as unknown as ModelRow);
  if (name === 'results') return (row as unknown as ResultRow).files;
  if (name !== 'datasets') return [];
  return (row as unknown as DatasetRow).files.map(({ path }) => path).filter((path) => !isAbsolute(path));
}

function withRelativePaths(row: DatasetRow, home: string): Row {
  const own = new Set(ownFilesOf(row, home));
  const files = row.files.map((file) => {
    const path = relative(home, file.path);
    return own.has(path) ? { ...file, path } : file;
  });
  return { ...row, files };
}

/** A copy has a time of its own. */
async function withOwnPaths(row: DatasetRow, home: string): Promise<Row> {
  const files = row.files.map(async (file) =>
    isAbsolute(file.path) ? file : { ...file, ...(await inspectParquet(join(home, file.path))) },
  );
  return { ...row, files: await Promise.all(files) };
}

/** Names of files say what is in them: one that is there is the same. */
async function copy(from: string, to: string): Promise<void> {
  if (existsSync(to)) return;
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to, constants.COPYFILE_FICLONE);
}
