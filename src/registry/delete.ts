import { rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ownFilesOf } from '../data/files/dataset-copies.ts';
import type { Database } from '../store/database.ts';
import { deleteDataset } from '../store/datasets.ts';
import { dropResults, filesOfModel, removeUnnamed } from '../store/files.ts';
import { deleteModel } from '../store/models.ts';

interface Store {
  readonly database: Database;
  readonly home: string;
}

/** Its aliases, results and files go with it. Returns whether there was one. */
export async function removeModel({ database: { db }, home }: Store, id: string): Promise<boolean> {
  const { deleted, files } = await db.transaction(async (tx) => ({
    files: await dropResults(tx, { modelId: id }),
    deleted: await deleteModel(tx, id),
  }));
  if (deleted === undefined) return false;
  await removeUnnamed(db, home, [...files, ...filesOfModel(deleted)]);
  const folders = new Set(deleted.artifact.files.map((file) => dirname(join(home, file))));
  // One that still has files is another model's too.
  for (const folder of folders) await rmdir(folder).catch(() => undefined);
  return true;
}

/** Its results and the files of our own go with it; files that are read in place stay. Returns whether there was one. */
export async function removeDataset({ database: { db }, home }: Store, id: string): Promise<boolean> {
  const { deleted, files } = await db.transaction(async (tx) => ({
    files: await dropResults(tx, { datasetId: id }),
    deleted: await deleteDataset(tx, id),
  }));
  if (deleted === undefined) return false;
  await removeUnnamed(db, home, [...files, ...ownFilesOf(deleted, home)]);
  return true;
}
