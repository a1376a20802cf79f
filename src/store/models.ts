import { isDeepStrictEqual } from 'node:util';
import { and, arrayContains, desc, eq, gt, ilike, notExists, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { conflict } from '../errors.ts';
import type { Queries } from './database.ts';
import { type Page, type Paged, pageOf } from './paging.ts';
import { modelAliases, models } from './schema.ts';

export type ModelRow = typeof models.$inferSelect;
export type NewModel = typeof models.$inferInsert;

/**
 * Registering the same name and version again with the same bytes and settings changes nothing and returns what is there;
 * with others it is a CONFLICT.
 */
export async function insertModel(db: Queries, model: NewModel): Promise<ModelRow> {
  const [inserted] = await db.insert(models).values(model).onConflictDoNothing().returning();
  if (inserted !== undefined) return inserted;
  const existing = await getModel(db, model);
  const same =
    existing?.digest === model.digest &&
    existing.description === (model.description ?? null) &&
    isDeepStrictEqual(existing.tags, model.tags);
  if (existing !== undefined && same) return knownBetter(db, existing, model);
  throw conflict(
    `Version “${model.version}” of the model “${model.name}” is registered with other bytes or settings. ` +
      'Versions do not change: register this as another version, or delete that one first.',
    { name: model.name, version: model.version },
  );
}

/** A newer Glassgraph may see more in the same bytes: registering again is how a model gets it. */
async function knownBetter(db: Queries, existing: ModelRow, model: NewModel): Promise<ModelRow> {
  const found = { graph: model.graph, artifact: model.artifact, warnings: model.warnings ?? null };
  const { graph, artifact, warnings } = existing;
  if (isDeepStrictEqual({ graph, artifact, warnings }, JSON.parse(JSON.stringify(found)))) return existing;
  const [updated] = await db.update(models).set(found).where(eq(models.id, existing.id)).returning();
  return updated ?? existing;
}

/** A version, an alias, or the version registered last. */
export async function getModel(
  db: Queries,
  {
    name,
    version,
    alias: called,
  }: { name: string; version?: string | null | undefined; alias?: string | null | undefined },
): Promise<ModelRow | undefined> {
  if (called != null) {
    const [found] = await db
      .select({ model: models })
      .from(modelAliases)
      .innerJoin(models, eq(models.id, modelAliases.modelId))
      .where(and(eq(modelAliases.modelName, name), eq(modelAliases.alias, called), versionIs(version)));
    return found?.model;
  }
  const [found] = await db
    .select()
    .from(models)
    .where(and(eq(models.name, name), versionIs(version)))
    .orderBy(desc(models.ordinal))
    .limit(1);
  return found;
}

const versionIs = (version: string | null | undefined): SQL | undefined =>
  version == null ? undefined : eq(models.version, version);

export async function getModelById(db: Queries, id: string): Promise<ModelRow | undefined> {
  const [found] = await db.select().from(models).where(eq(models.id, id));
  return found;
}

/** Keeps it from being deleted until the transaction ends; false when it is gone. */
export async function holdModel(tx: Queries, id: string): Promise<boolean> {
  const held = await tx.select({ id: models.id }).from(models).where(eq(models.id, id)).for('key share');
  return held.length > 0;
}

export interface ModelFilter {
  readonly search?: string | null | undefined;
  readonly format?: string | null | undefined;
  readonly tag?: string | null | undefined;
  /** Otherwise the latest version of each name. */
  readonly allVersions?: boolean | null | undefined;
  readonly name?: string | undefined;
}

/** Newest first. */
export function listModels(db: Queries, filter: ModelFilter, page: Page): Promise<Paged<ModelRow>> {
  const newer = alias(models, 'newer');
  const isLatest = notExists(
    db
      .select()
      .from(newer)
      .where(and(eq(newer.name, models.name), gt(newer.ordinal, models.ordinal))),
  );
  const where = and(
    filter.name === undefined ? undefined : eq(models.name, filter.name),
    filter.search ? ilike(models.name, containing(filter.search)) : undefined,
    filter.format ? eq(models.format, filter.format) : undefined,
    filter.tag ? arrayContains(models.tags, [filter.tag]) : undefined,
    filter.allVersions ? undefined : isLatest,
  );
  return pageOf(db, models, where, page);
}

/** A LIKE pattern that takes the text literally. */
export const containing = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

export async function modelNames(db: Queries): Promise<string[]> {
  const rows = await db.selectDistinct({ name: models.name }).from(models);
  return rows.map(({ name }) => name);
}

export async function modelVersions(db: Queries, name: string): Promise<string[]> {
  const rows = await db.select({ version: models.version }).from(models).where(eq(models.name, name));
  return rows.map(({ version }) => version);
}

export async function aliasNames(db: Queries, modelName: string): Promise<string[]> {
  const rows = await db
    .select({ alias: modelAliases.alias })
    .from(modelAliases)
    .where(eq(modelAliases.modelName, modelName));
  return rows.map(({ alias }) => alias);
}

/** In alphabetical order. */
export async function aliasesOf(db: Queries, modelId: string): Promise<string[]> {
  const rows = await db
    .select()
    .from(modelAliases)
    .where(eq(modelAliases.modelId, modelId))
    .orderBy(modelAliases.alias);
  return rows.map((row) => row.alias);
}

/** Another version of the same model loses the alias: the one that had it is returned. */
export function setAlias(db: Queries, model: ModelRow, name: string): Promise<ModelRow | undefined> {
  const row = { modelName: model.name, alias: name, modelId: model.id };
  return db.transaction(async (tx) => {
    // Of two who set it at once, the second waits here for the first, and then sees whose it was.
    const inserted = await tx.insert(modelAliases).values(row).onConflictDoNothing().returning();
    if (inserted.length > 0) return undefined;
    // Without a join: Postgres would look for the model that the row named before it was waited for.
    const [held] = await tx
      .select({ modelId: modelAliases.modelId })
      .from(modelAliases)
      .where(and(eq(modelAliases.modelName, model.name), eq(modelAliases.alias, name)))
      .for('update');
    const [previous] = held === undefined ? [] : await tx.select().from(models).where(eq(models.id, held.modelId));
    const target = [modelAliases.modelName, modelAliases.alias];
    await tx
      .insert(modelAliases)
      .values(row)
      .onConflictDoUpdate({ target, set: { modelId: model.id } });
    return previous;
  });
}

/** Its aliases and results go with it. */
export async function deleteModel(db: Queries, id: string): Promise<ModelRow | undefined> {
  const [deleted] = await db.delete(models).where(eq(models.id, id)).returning();
  return deleted;
}
