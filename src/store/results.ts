import { and, count, eq, gt, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import type { PassResult } from '../pass/protocol.ts';
import { notify, type Queries } from './database.ts';
import { results } from './schema.ts';

export type ResultRow = typeof results.$inferSelect;
export type NewClaim = Pick<
  ResultRow,
  'key' | 'analysis' | 'modelId' | 'datasetId' | 'jobId' | 'modelDigest' | 'datasetDigest' | 'engineVersion'
>;

/** A result that is there. */
export type KeptResult = { [Name in Exclude<keyof ResultRow, About>]: NonNullable<ResultRow[Name]> } & Pick<
  ResultRow,
  About
>;
type About = 'modelId' | 'modelDigest' | 'datasetId' | 'datasetDigest';

/** Of a key that a job computes, or has. */
export type Claim = Pick<ResultRow, 'key' | 'jobId'> & { readonly isDone: boolean };

/** Notified with a key when its result is there or its claim was given up. */
export const resultChannel = 'glassgraph_results';

/** Single flight: whoever inserts a key computes it. Returns the keys that are now ours. */
export async function claim(tx: Queries, claims: readonly NewClaim[]): Promise<string[]> {
  if (claims.length === 0) return [];
  // One order for everybody: two passes that claim the same keys cannot wait for each other.
  const sorted = claims.toSorted((a, b) => (a.key < b.key ? -1 : 1)).map((one) => ({ ...one, files: [] }));
  const rows = await tx.insert(results).values(sorted).onConflictDoNothing().returning({ key: results.key });
  return rows.map(({ key }) => key);
}

/** Returns whether it was kept: a claim may have gone with its model or dataset. */
export async function complete(
  tx: Queries,
  jobId: string,
  { key, ...result }: PassResult,
  bytes: number,
): Promise<boolean> {
  const kept = await tx
    .update(results)
    .set({ ...result, bytes, files: [...result.files], computedAt: new Date(), usedAt: new Date() })
    .where(and(eq(results.key, key), eq(results.jobId, jobId)))
    .returning({ key: results.key });
  await notify(tx, resultChannel, key);
  return kept.length > 0;
}

/** Gives up what a job claimed and did not compute, so that whoever asks next tries again. */
export async function release(tx: Queries, jobId: string): Promise<void> {
  const rows = await tx
    .delete(results)
    .where(and(eq(results.jobId, jobId), isNull(results.computedAt)))
    .returning({ key: results.key });
  for (const { key } of rows) await notify(tx, resultChannel, key);
}

/** Those that are there; claims are not. */
export async function getResults(db: Queries, keys: readonly string[]): Promise<KeptResult[]> {
  if (keys.length === 0) return [];
  const rows = await db
    .select()
    .from(results)
    .where(and(inArray(results.key, [...keys]), isNotNull(results.computedAt)));
  return rows as KeptResult[];
}

/** Which of the keys are claimed or there, and by which job. */
export async function getClaims(db: Queries, keys: readonly string[]): Promise<Claim[]> {
  if (keys.length === 0) return [];
  return db
    .select({ key: results.key, jobId: results.jobId, isDone: sql<boolean>`${results.computedAt} is not null` })
    .from(results)
    .where(inArray(results.key, [...keys]));
}

/** For eviction by last use. */
export async function touchResults(db: Queries, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  await db
    .update(results)
    .set({ usedAt: new Date() })
    .where(inArray(results.key, [...keys]));
}

/**
 * Deletes the results that were used longest ago, as many as there are beyond `limitBytes`; returns the files that they named.
 */
export async function evict(db: Queries, limitBytes: number): Promise<string[]> {
  const newer = sql<number>`sum(${results.bytes}) over (order by ${results.usedAt} desc, ${results.key})`;
  const ordered = db
    .select({ key: results.key, total: newer.as('total') })
    .from(results)
    .where(isNotNull(results.computedAt))
    .as('ordered');
  const tooMany = db.select({ key: ordered.key }).from(ordered).where(gt(ordered.total, limitBytes));
  const rows = await db.delete(results).where(inArray(results.key, tooMany)).returning({ files: results.files });
  return rows.flatMap(({ files }) => files);
}

export async function summarizeResults(db: Queries): Promise<{ resultCount: number; bytes: number }> {
  const [row] = await db
    .select({ resultCount: count(), bytes: sql<string>`coalesce(sum(${results.bytes}), 0)` })
    .from(results)
    .where(isNotNull(results.computedAt));
  return { resultCount: row?.resultCount ?? 0, bytes: Number(row?.bytes ?? 0) };
}
