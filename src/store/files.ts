import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { arrayOverlaps, eq } from 'drizzle-orm';
import { datasetsFolder, ownFilesOf } from '../data/own-files.ts';
import { scoresFolder } from '../data/score-file.ts';
import { uploadsFolder } from '../data/uploads.ts';
import { vocabulariesFolder, vocabularyFile } from '../data/vocabulary.ts';
import type { Queries } from './database.ts';
import type { ModelRow } from './models.ts';
import { datasets, models, results } from './schema.ts';

/**
 * Files below the home are named by what they hold, so that equal things share one: a file goes when the last row that names it
 * has gone. Paths are relative to the home.
 */
export const filesOfModel = ({ artifact, manifest }: Pick<ModelRow, 'artifact' | 'manifest'>): string[] => [
  ...artifact.files,
  ...Object.values(manifest.vocabularies).map(vocabularyFile),
];

/** Deletes the results of a model or dataset, and returns the files that they named, each once. */
export async function dropResults(tx: Queries, of: { modelId: string } | { datasetId: string }): Promise<string[]> {
  const rows = await tx
    .delete(results)
    .where('modelId' in of ? eq(results.modelId, of.modelId) : eq(results.datasetId, of.datasetId))
    .returning({ files: results.files });
  return [...new Set(rows.flatMap(({ files }) => files))];
}

/** Removes those of the files that no row names. Not in a transaction that might still be undone. */
export async function removeUnnamed(db: Queries, home: string, files: readonly string[]): Promise<void> {
  const named = await namedOf(db, home, files);
  for (const file of files) if (!named.has(file)) await rm(join(home, file), { force: true });
}

async function namedOf(db: Queries, home: string, files: readonly string[]): Promise<ReadonlySet<string>> {
  if (files.length === 0) return new Set();
  const ofResults = await db
    .select({ files: results.files })
    .from(results)
    .where(arrayOverlaps(results.files, [...files]));
  const ofModels = await db.select({ artifact: models.artifact, manifest: models.manifest }).from(models);
  const ofDatasets = await db.select({ files: datasets.files }).from(datasets);
  return new Set([
    ...ofResults.flatMap((row) => row.files),
    ...ofModels.flatMap(filesOfModel),
    ...ofDatasets.flatMap((row) => ownFilesOf(row, home)),
  ]);
}

/**
 * What a server left behind that was killed between writing a file and the row that names it. Only for whoever has the home for
 * himself: others may be writing just now.
 */
export async function removeLeftovers(db: Queries, home: string): Promise<void> {
  for (const folder of [scoresFolder, vocabulariesFolder, datasetsFolder, uploadsFolder]) {
    const entries = await readdir(join(home, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(home.length + 1));
    await removeUnnamed(db, home, files);
  }
}
