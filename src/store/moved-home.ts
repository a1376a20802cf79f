import { stat } from 'node:fs/promises';
import { eq } from 'drizzle-orm';
import { movedTo } from '../data/files/dataset-copies.ts';
import { digestOf } from '../data/files/unchanged.ts';
import type { DatasetFile } from '../data/types.ts';
import type { Queries } from './database.ts';
import { datasets } from './schema.ts';

/**
 * Copies of rows are known by their absolute paths. When the home, and the embedded database in it, lies in another place than
 * before, they are those of the same names below it, if they hold the same bytes. Must run before anything that removes what no
 * row names.
 */
export async function followHome(db: Queries, home: string): Promise<void> {
  for (const { id, files } of await db.select({ id: datasets.id, files: datasets.files }).from(datasets)) {
    const now = await Promise.all(files.map((file) => whereItIs(file, home)));
    if (now.some((file, at) => file !== files[at]))
      await db.update(datasets).set({ files: now }).where(eq(datasets.id, id));
  }
}

async function whereItIs(file: DatasetFile, home: string): Promise<DatasetFile> {
  const path = movedTo(home, file.path);
  if (path === undefined || path === file.path) return file;
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== file.sizeBytes || (await digestOf(path)) !== file.digest) return file;
  return { ...file, path, modifiedMs: found.mtimeMs, changedMs: found.ctimeMs };
}
