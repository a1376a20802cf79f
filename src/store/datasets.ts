import { and, desc, eq, gt, ilike, notExists } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { conflict } from '../errors.ts';
import type { Queries } from './database.ts';
import { containing } from './models.ts';
import { type Page, type Paged, pageOf } from './paging.ts';
import { datasets } from './schema.ts';

export type DatasetRow = typeof datasets.$inferSelect;
export type NewDataset = typeof datasets.$inferInsert;

/** As `insertModel`: the same again is a success that changes nothing, other bytes or settings are a CONFLICT. */
export async function insertDataset(db: Queries, dataset: NewDataset): Promise<DatasetRow> {
  const [inserted] = await db.insert(datasets).values(dataset).onConflictDoNothing().returning();
  if (inserted !== undefined) return inserted;
  const existing = await getDataset(db, dataset);
  if (existing?.digest === dataset.digest && existing.description === (dataset.description ?? null)) return existing;
  throw conflict(
    `Version “${dataset.version}” of the dataset “${dataset.name}” is registered with other bytes or settings. ` +
      'Versions do not change: register this as another version, or delete that one first.',
    { name: dataset.name, version: dataset.version },
  );
}

/** A version, or the version registered last. */
export async function getDataset(
  db: Queries,
  { name, version }: { name: string; version?: string | null | undefined },
): Promise<DatasetRow | undefined> {
  const [found] = await db
    .select()
    .from(datasets)
    .where(and(eq(datasets.name, name), version == null ? undefined : eq(datasets.version, version)))
    .orderBy(desc(datasets.ordinal))
    .limit(1);
  return found;
}

export async function getDatasetById(db: Queries, id: string): Promise<DatasetRow | undefined> {
  const [found] = await db.select().from(datasets).where(eq(datasets.id, id));
  return found;
}

/** Keeps it from being deleted until the transaction ends; false when it is gone. */
export async function holdDataset(tx: Queries, id: string): Promise<boolean> {
  const held = await tx.select({ id: datasets.id }).from(datasets).where(eq(datasets.id, id)).for('key share');
  return held.length > 0;
}

/** Newest first; the latest version of each name unless one name's versions are asked for. */
export function listDatasets(
  db: Queries,
  filter: { search?: string | null | undefined; name?: string },
  page: Page,
): Promise<Paged<DatasetRow>> {
  const newer = alias(datasets, 'newer');
  const isLatest = notExists(
    db
      .select()
      .from(newer)
      .where(and(eq(newer.name, datasets.name), gt(newer.ordinal, datasets.ordinal))),
  );
  const where = and(
    filter.name === undefined ? isLatest : eq(datasets.name, filter.name),
    filter.search ? ilike(datasets.name, containing(filter.search)) : undefined,
  );
  return pageOf(db, datasets, where, page);
}

export async function datasetNames(db: Queries): Promise<string[]> {
  const rows = await db.selectDistinct({ name: datasets.name }).from(datasets);
  return rows.map(({ name }) => name);
}

export async function datasetVersions(db: Queries, name: string): Promise<string[]> {
  const rows = await db.select({ version: datasets.version }).from(datasets).where(eq(datasets.name, name));
  return rows.map(({ version }) => version);
}

/** Its results go with it; files that were read in place stay. */
export async function deleteDataset(db: Queries, id: string): Promise<DatasetRow | undefined> {
  const [deleted] = await db.delete(datasets).where(eq(datasets.id, id)).returning();
  return deleted;
}
