import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { DatasetFile, DatasetRecord } from '../types.ts';
import { fileNames } from './file-names.ts';
import type { DataFormat } from './formats.ts';
import { ingest } from './ingest.ts';
import type { Origin } from './inspect.ts';
import { assertUnchanged, digestOf } from './unchanged.ts';

/** Below the home: rows that were written anew. */
export const datasetsFolder = 'datasets';

/** A Parquet file of our own, and what it was made of. */
export interface OwnFile {
  /** Absolute. */
  readonly path: string;
  readonly origin: Origin;
}

/**
 * Writes the rows of files into one Parquet file below `home`, under a name of its own. Throws DATASET_REJECTED for files that
 * cannot be read, or that change meanwhile.
 */
export async function writeOwnFile(home: string, paths: readonly string[], format: DataFormat): Promise<OwnFile> {
  const path = pathOf(home, `${randomUUID()}.parquet`);
  await mkdir(dirname(path), { recursive: true });
  try {
    const before = await Promise.all(paths.map(stampOf));
    const digests: string[] = [];
    for (const file of paths) digests.push(await digestOf(file));
    const names = await ingest(paths, format, path);
    await assertUnchanged(before);
    return { path, origin: { files: paths.map(fileNames(paths)), digests, names } };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

const pathOf = (home: string, name: string): string => join(home, datasetsFolder, name);

/** Where a file of our own would lie below this home, by its path below another; undefined for a file that is none. */
export function movedTo(home: string, path: string): string | undefined {
  const isOwn = basename(dirname(path)) === datasetsFolder && /^[0-9a-f-]{36}\.parquet$/.test(basename(path));
  return isOwn ? pathOf(home, basename(path)) : undefined;
}

async function stampOf(path: string): Promise<DatasetFile> {
  const { size, mtimeMs } = await stat(path);
  return { path, sizeBytes: size, modifiedMs: mtimeMs, rowCount: 0 };
}

/** Those of a dataset's files that are our own, relative to the home. */
export const ownFilesOf = ({ files }: Pick<DatasetRecord, 'files'>, home: string): string[] =>
  files.flatMap(({ path }) => (path.startsWith(join(home, datasetsFolder)) ? [path.slice(home.length + 1)] : []));
