import { glob, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelSource } from '../../compute/executor.ts';
import { badUserInput, datasetRejected, forbidden } from '../../errors.ts';
import { dataLimits } from '../../limits.ts';
import { fileNames } from './file-names.ts';
import { type FolderValue, folderValues } from './folder-columns.ts';
import { type DataFormat, dataEndings, formatOf } from './formats.ts';

const argument = 'input.source.uri';
const wildcard = /[*?[]/;

/** Files of one format, in the order of their rows. */
export interface DataFiles {
  readonly format: DataFormat;
  readonly paths: readonly string[];
  /** Of each, what its folders below the source folder say of its rows; undefined where they are not alike. */
  readonly folders?: readonly (readonly FolderValue[])[] | undefined;
}

/**
 * The files of rows that a file, folder or glob below one of the source folders stands for, links resolved, in byte order of their
 * names. Throws FORBIDDEN outside of the folders and BAD_USER_INPUT where there is nothing, naming the uri as it was written (never
 * the path that it stands for); DATASET_REJECTED for files that are no rows, of several formats, or too many.
 */
export async function resolveDatasetSource(uri: string, sourceFolders: readonly string[]): Promise<DataFiles> {
  const found = await locate(uri, sourceFolders);
  const first = await confined(found[0] as string, uri, sourceFolders);
  const isFolder = found.length === 1 && (await stat(first)).isDirectory();
  const files = isFolder ? await dataIn(first) : await onlyFiles(found);
  const { format, paths } = filesOfOneFormat(files, `“${uri}”`);
  return {
    format,
    paths: await Promise.all(paths.map((path) => confined(path, uri, sourceFolders))),
    folders: folderValues(paths.map((path) => belowSource(path, sourceFolders))),
  };
}

/** The same for files that are in place already; `what` is how the client knows them. */
export function filesOfOneFormat(files: readonly string[], what: string): DataFiles {
  const paths = files.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const other = paths.find((path) => formatOf(path) === undefined);
  if (other !== undefined)
    throw datasetRejected(
      `${fileNames(paths)(other)} is no file of rows by its name, which must end in ${dataEndings}.`,
    );
  const [first] = paths;
  if (first === undefined)
    throw datasetRejected(
      `${what} has no file whose name ends in ${dataEndings}. Folders in it are looked into when they are called name=value; for others use a glob such as “days/*/*.parquet”.`,
    );
  if (paths.length > dataLimits.fileCount)
    throw datasetRejected(`${what} has ${paths.length} files; the most is ${dataLimits.fileCount}. Join some of them.`);
  const format = formatOf(first) as DataFormat;
  const different = paths.find((path) => formatOf(path) !== format);
  if (different !== undefined)
    throw datasetRejected(
      `${what} has files of several formats, such as ${fileNames(paths)(first)} and ${fileNames(paths)(different)}. Choose by a glob such as “*.csv”.`,
    );
  return { format, paths };
}

/** A model's file or folder below one of the source folders, links resolved. Throws as `resolveDatasetSource` does. */
export async function resolveModelSource(uri: string, sourceFolders: readonly string[]): Promise<ModelSource> {
  const found = await locate(uri, sourceFolders);
  if (found.length > 1)
    throw badUserInput(argument, `“${uri}” is ${found.length} files; a model is one file or folder.`);
  const path = await confined(found[0] as string, uri, sourceFolders);
  return { path, root: (await stat(path)).isDirectory() ? path : dirname(path) };
}

/** What exists under this name, or matches it, in the first source folder that has it; not yet free of links. */
async function locate(uri: string, sourceFolders: readonly string[]): Promise<string[]> {
  const written = pathOf(uri);
  const places = sourceFolders.flatMap((folder) => {
    const path = resolve(folder, written);
    return isBelow(path, folder) ? [{ folder, path }] : [];
  });
  if (places.length === 0) throw outside(uri);
  for (const { folder, path } of places) {
    if (await exists(path)) return [path];
    if (!wildcard.test(written)) continue;
    const matches: string[] = [];
    for await (const name of glob(relative(folder, path), { cwd: folder })) matches.push(join(folder, name));
    if (matches.length > 0) return matches;
  }
  const what = wildcard.test(written) ? 'Nothing matches' : 'There is no file or folder';
  throw badUserInput(
    argument,
    `${what} “${uri}” below the server's source folders. Name a file, a folder or a glob, such as “days/*.parquet”.`,
  );
}

function pathOf(uri: string): string {
  if (uri === '' || uri.includes('\0')) throw badUserInput(argument, 'The uri must name a file, a folder or a glob.');
  if (uri.includes('{'))
    throw badUserInput(argument, `“${uri}” has braces, which are not expanded. Use * and ? instead.`);
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(uri)) return uri;
  try {
    return fileURLToPath(uri);
  } catch {
    throw badUserInput(argument, `“${uri}” is not on this machine. Put it below one of the server's source folders.`);
  }
}

const outside = (uri: string) =>
  forbidden(
    `“${uri}” is outside of the server's source folders. Put it below one of them, or start the server with its folder in GLASSGRAPH_SOURCES.`,
    { argument },
  );

/** The path without links. Throws FORBIDDEN when they lead out of the source folders. */
async function confined(path: string, uri: string, sourceFolders: readonly string[]): Promise<string> {
  const real = await realpath(path);
  const roots = await Promise.all(sourceFolders.map((folder) => realpath(folder).catch(() => folder)));
  if (!roots.some((root) => isBelow(real, root))) throw outside(uri);
  return real;
}

function isBelow(path: string, folder: string): boolean {
  const root = resolve(folder);
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const belowSource = (path: string, sourceFolders: readonly string[]): string => {
  const [folder = '/'] = sourceFolders.filter((one) => isBelow(path, one)).toSorted((a, b) => a.length - b.length);
  return relative(folder, path);
};

/**
 * Files that programs leave behind and hide (.a.crc, _SUCCESS) are not meant; folders are looked into when they are called
 * `name=value`.
 */
async function dataIn(folder: string): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !/^[._]/.test(name));
  const inner = entries.filter((entry) => entry.isDirectory() && entry.name.includes('='));
  const ofRows = entries.filter(({ name }) => !inner.some((one) => one.name === name) && formatOf(name) !== undefined);
  const files = await onlyFiles(ofRows.map(({ name }) => join(folder, name)));
  return [...files, ...(await Promise.all(inner.map(({ name }) => dataIn(join(folder, name))))).flat()];
}

async function onlyFiles(paths: readonly string[]): Promise<string[]> {
  const isFile = await Promise.all(paths.map(async (path) => (await stat(path).catch(() => undefined))?.isFile()));
  return paths.filter((_, at) => isFile[at]);
}
