import { createHash } from 'node:crypto';
import { constants, createReadStream, createWriteStream, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { count } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import { movedTo } from '../data/files/dataset-copies.ts';
import { digestOf, inspectParquet } from '../data/files/unchanged.ts';
import { badUserInput, conflict } from '../errors.ts';
import type { Queries } from './database.ts';
import type { DatasetRow } from './datasets.ts';
import { filesOfModel } from './files.ts';
import type { ModelRow } from './models.ts';
import { decodeRow, encodeRow, type Row, rowsOf, type TableName, tables } from './portable-rows.ts';
import type { ResultRow } from './results.ts';

/**
 * What must outlive an upgrade or a move to another engine, in a folder that no database engine has a say in: `rows.jsonl`, a line a
 * row, and below `files` those of the home that the rows name, under the same paths. Before a row come lines with the digests of its
 * files, and the last line has that of all others: an archive is as it was written, or none.
 */
const rowsFile = 'rows.jsonl';
const filesFolder = 'files';
/** Of the first line; goes up when an older reader would misread what follows. */
const format = 2;

interface ArchivedFile {
  /** Relative to the home. */
  readonly path: string;
  readonly digest: string;
}

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
  const counts = noRows();
  // One look at all tables: what a row names is in the archive as well.
  await db.transaction(
    async (tx) => {
      async function* lines(): AsyncGenerator<string> {
        yield JSON.stringify({ glassgraph: 'archive', format });
        for (const name of Object.keys(tables) as TableName[])
          for await (const row of rowsOf(tx, name)) {
            const portable = name === 'datasets' ? withRelativePaths(row as unknown as DatasetRow, home) : row;
            const files = filesOf(name, portable);
            // What was evicted meanwhile has taken its files with it.
            if (name === 'results' && !files.every((file) => existsSync(join(home, file)))) continue;
            for (const path of files) {
              const digest = await digestOf(join(home, path));
              await copy(join(home, path), join(folder, filesFolder, path), digest);
              yield JSON.stringify(['file', { path, digest } satisfies ArchivedFile]);
            }
            counts[name]++;
            yield JSON.stringify([name, encodeRow(name, portable)]);
          }
      }
      await pipeline(Readable.from(sealed(lines())), createWriteStream(join(folder, rowsFile), { flags: 'wx' }));
    },
    { isolationLevel: 'repeatable read' },
  );
  return counts;
}

/** Takes an archive over. Throws CONFLICT when anything is registered here, and BAD_USER_INPUT for what is no archive. */
export async function importFrom(folder: string, { db, home }: Place): Promise<Counts> {
  const path = join(folder, rowsFile);
  await assertWhole(path);
  const counts = noRows();
  await db.transaction(async (tx) => {
    await assertEmpty(tx);
    for await (const line of linesOf(path)) {
      const [name, encoded] = entryOf(line);
      if (name === 'file') await takeFile(encoded as unknown as ArchivedFile, folder, home);
      if (!Object.hasOwn(tables, name)) continue;
      const table = name as TableName;
      const row = decodeRow(table, encoded);
      const own = table === 'datasets' ? await withOwnPaths(row as unknown as DatasetRow, home) : row;
      await tx.insert(tables[table] as PgTable).values(own);
      counts[table]++;
    }
  });
  return counts;
}

const noRows = (): Counts => ({ models: 0, modelAliases: 0, datasets: 0, results: 0 });

/** The lines, and a last one with the digest of them all. */
async function* sealed(lines: AsyncIterable<string>): AsyncGenerator<string> {
  const hash = createHash('sha256');
  for await (const line of lines) {
    hash.update(`${line}\n`);
    yield `${line}\n`;
  }
  yield `${JSON.stringify(['end', { digest: hash.digest('hex') }])}\n`;
}

async function assertWhole(path: string): Promise<void> {
  const hash = createHash('sha256');
  let last: string | undefined;
  for await (const line of linesOf(path)) {
    if (last === undefined) assertFormat(line);
    else hash.update(`${last}\n`);
    last = line;
  }
  if (last === undefined) throw noArchive('it does not begin as one');
  if (last !== JSON.stringify(['end', { digest: hash.digest('hex') }]))
    throw noArchive(`${rowsFile} was cut off or changed`);
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

function assertFormat(line: string): void {
  const { glassgraph, format: found } = headOf(line);
  if (glassgraph !== 'archive') throw noArchive('it does not begin as one');
  if (found !== format) throw noArchive(`it has format ${found}, and this version reads ${format}`);
}

function headOf(line: string): { glassgraph?: unknown; format?: unknown } {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

/** Of a whole archive; the head is none. */
function entryOf(line: string): [name: string, encoded: Row] {
  const entry: unknown = JSON.parse(line);
  return Array.isArray(entry) ? (entry as [string, Row]) : ['head', {}];
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

/** Copies of rows, also of a home that was known by another path when they were written. */
function withRelativePaths(row: DatasetRow, home: string): Row {
  const files = row.files.map((file) => {
    const path = movedTo(home, file.path);
    return path !== undefined && existsSync(path) ? { ...file, path: relative(home, path) } : file;
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

async function takeFile({ path, digest }: ArchivedFile, folder: string, home: string): Promise<void> {
  if (isAbsolute(path) || path.split(/[\\/]/).includes('..')) throw noArchive(`its file “${path}” lies outside of it`);
  const from = join(folder, filesFolder, path);
  if (!existsSync(from)) throw noArchive(`its file “${path}” is missing`);
  if ((await digestOf(from)) !== digest) throw noArchive(`its file “${path}” was cut off or changed`);
  await copy(from, join(home, path), digest);
}

/** Appears whole: a file that was cut off by a kill would be taken for one of ours later. */
async function copy(from: string, to: string, digest: string): Promise<void> {
  if (existsSync(to) && (await digestOf(to)) === digest) return;
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, `${to}.new`, constants.COPYFILE_FICLONE);
  await rename(`${to}.new`, to);
}
