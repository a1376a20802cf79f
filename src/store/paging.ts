import { and, asc, count, desc, gt, lt, type SQL } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Queries } from './database.ts';

/**
 * A page of a list that is newest first: `after` and `before` are ordinals of the rows at its edges. `backwards`: the last
 * `limit` rows of what lies between them, rather than the first.
 */
export interface Page {
  readonly limit: number;
  readonly after?: number | undefined;
  readonly before?: number | undefined;
  readonly backwards?: boolean;
}

export interface Paged<Row> {
  readonly rows: Row[];
  readonly totalCount: number;
}

/** One more row than `limit` tells whether there is another page; callers ask for limit + 1. */
export async function pageOf<Table extends PgTable & { ordinal: PgColumn }>(
  db: Queries,
  table: Table,
  where: SQL | undefined,
  { limit, after, before, backwards = false }: Page,
): Promise<Paged<Table['$inferSelect']>> {
  const within = and(
    where,
    after === undefined ? undefined : lt(table.ordinal, after),
    before === undefined ? undefined : gt(table.ordinal, before),
  );
  const order = backwards ? asc(table.ordinal) : desc(table.ordinal);
  const source = table as PgTable;
  const rows = await db.select().from(source).where(within).orderBy(order).limit(limit);
  const [total] = await db.select({ count: count() }).from(source).where(where);
  return { rows: (backwards ? rows.reverse() : rows) as Table['$inferSelect'][], totalCount: total?.count ?? 0 };
}
