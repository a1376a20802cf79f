import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';

/** Absolute, links resolved: where the model lies, and what it must not leave. */
export interface Surroundings {
  readonly folder: string;
  readonly root: string;
}

/**
 * Opens a file that a model names for its weights. A model must never name a path of its choice: only regular files below its
 * folder and below `root` are opened, without `..` and without links of either kind. `refused` makes the error of a reason that
 * continues the sentence “The data of … ”.
 */
export async function openBeside(
  { folder: base, root }: Surroundings,
  location: string,
  refused: (reason: string) => Error,
): Promise<FileHandle> {
  if (location === '' || isAbsolute(location) || /[\\\0]/.test(location) || location.split('/').includes('..'))
    throw refused('does not name a file below the model’s folder');
  const path = join(base, location);
  const folder = await realpath(dirname(path)).catch(() => undefined);
  if (folder === undefined) throw refused('lies in a file that is not there');
  if (folder !== dirname(path) || relative(root, path).startsWith('..'))
    throw refused('lies outside of the model’s folder or behind a link');
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    ({ code }: NodeJS.ErrnoException) => {
      throw refused(code === 'ELOOP' ? 'lies behind a link' : 'lies in a file that is not there or cannot be read');
    },
  );
  const stats = await file.stat();
  if (!stats.isFile() || stats.nlink > 1) {
    await file.close();
    throw refused('lies in something that is no regular file, or has a second name');
  }
  return file;
}
