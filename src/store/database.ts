import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PGlite } from '@electric-sql/pglite';
import { sql } from 'drizzle-orm';
import type { PgDatabase, PgQueryResultHKT } from 'drizzle-orm/pg-core';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { migrate as migratePglite } from 'drizzle-orm/pglite/migrator';
import { drizzle as drizzlePostgres } from 'drizzle-orm/postgres-js';
import { migrate as migratePostgres } from 'drizzle-orm/postgres-js/migrator';
import { badUserInput } from '../errors.ts';
import { connectTo } from './connection.ts';
import { lockFolder } from './folder-lock.ts';
import * as schema from './schema.ts';

/** Queries run the same on either engine. A function that may run inside a transaction takes the transaction. */
export type Queries = PgDatabase<PgQueryResultHKT, typeof schema>;

export interface Database {
  readonly db: Queries;
  /** What else needs the engine itself: the queue. */
  readonly engine: { kind: 'pglite'; pglite: PGlite } | { kind: 'postgres'; url: string };
  /** Calls back with each payload that is notified on the channel from now on; returns how to stop. */
  listen(channel: string, callback: (payload: string) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const migrations = { migrationsFolder: fileURLToPath(new URL('../../migrations', import.meta.url)) };
/** Any number that no other program of the same database uses for its advisory locks. */
const migrationLock = 7_366_021_119;

/** Embedded below `home`, or Postgres when a URL is given; with migrations run. */
export function openDatabase({
  home,
  databaseUrl,
}: {
  home: string;
  databaseUrl?: string | undefined;
}): Promise<Database> {
  return databaseUrl === undefined ? openEmbedded(home) : openPostgres(databaseUrl);
}

async function openEmbedded(home: string): Promise<Database> {
  await mkdir(home, { recursive: true });
  // PGlite has no lock of its own: two processes would both write.
  const unlock = await lockFolder(home);
  const pglite = await openCluster(join(home, 'database')).catch(async (error: unknown) => {
    await unlock();
    throw error;
  });
  const db = drizzlePglite(pglite, { schema });
  await migratePglite(db, migrations);
  return {
    db: db as unknown as Queries,
    engine: { kind: 'pglite', pglite },
    listen: (channel, callback) => pglite.listen(channel, callback),
    async close() {
      await pglite.close();
      await unlock();
    },
  };
}

/** A new cluster appears whole: of one that was cut off while it was made, PGlite would believe that it is one, and never open it. */
async function openCluster(folder: string): Promise<PGlite> {
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  if (!existsSync(folder)) {
    // As Postgres has it: PGlite writes files that anybody may change.
    await mkdir(draft, { mode: 0o700 });
    await (await PGlite.create(draft)).close();
    await rename(draft, folder);
  }
  return PGlite.create(folder);
}

async function openPostgres(url: string): Promise<Database> {
  await assertReachable(url);
  await migrateUnderLock(url);
  const client = connectTo(url);
  return {
    db: drizzlePostgres(client, { schema }) as unknown as Queries,
    engine: { kind: 'postgres', url },
    async listen(channel, callback) {
      const { unlisten } = await client.listen(channel, callback);
      return unlisten;
    },
    close: () => client.end({ timeout: 5 }),
  };
}

/** Throws BAD_USER_INPUT saying why not; the URL may hold a password and is not told. */
async function assertReachable(url: string): Promise<void> {
  const client = connectTo(url, { max: 1, connect_timeout: 10 });
  try {
    await client`select 1`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw badUserInput('DATABASE_URL', `The database of DATABASE_URL cannot be opened: ${message || code}.`);
  } finally {
    await client.end({ timeout: 5 });
  }
}

/** Servers that start together migrate one after the other. The lock belongs to the one connection that migrates. */
async function migrateUnderLock(url: string): Promise<void> {
  const client = connectTo(url, { max: 1 });
  const db = drizzlePostgres(client);
  try {
    await db.execute(sql`select pg_advisory_lock(${migrationLock})`);
    await migratePostgres(db, migrations);
    await db.execute(sql`select pg_advisory_unlock(${migrationLock})`);
  } finally {
    await client.end({ timeout: 5 });
  }
}

const answerMs = 2000;

/** Whether the database answers at this moment. */
export function answers(db: Queries): Promise<boolean> {
  const answer = db.execute(sql`select 1`).then(
    () => true,
    () => false,
  );
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, answerMs, false).unref());
  return Promise.race([answer, late]);
}

/** Reaches listeners when the transaction commits. */
export async function notify(tx: Queries, channel: string, payload: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${channel}, ${payload})`);
}
