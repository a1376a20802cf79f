import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { copyCluster } from './pglite.ts';

/** How to open a database, in this or another process; plain data. */
export interface DatabaseLocation {
  readonly home: string;
  readonly databaseUrl: string | undefined;
}

/** A place for an empty database: PGlite in a folder of its own, or by GLASSGRAPH_DB=postgres one of a real server. */
export async function freshLocation(
  serverUrl: string | null = inject('postgresUrl'),
): Promise<DatabaseLocation & AsyncDisposable> {
  const home = await mkdtemp(join(tmpdir(), 'glassgraph-home-'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  if (serverUrl === null) await copyCluster(join(home, 'database'));
  else await administrate(serverUrl, `create database ${name}`);
  return {
    home,
    databaseUrl: serverUrl === null ? undefined : new URL(name, serverUrl).href,
    async [Symbol.asyncDispose]() {
      if (serverUrl !== null) await administrate(serverUrl, `drop database ${name} with (force)`);
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** An empty database of its own, with migrations run. */
export async function freshDatabase(): Promise<Database & { home: string } & AsyncDisposable> {
  const location = await freshLocation();
  const database = await openDatabase(location);
  return {
    ...database,
    home: location.home,
    async [Symbol.asyncDispose]() {
      await database.close();
      await location[Symbol.asyncDispose]();
    },
  };
}

async function administrate(url: string, statement: string): Promise<void> {
  const server = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await server.unsafe(statement);
  } finally {
    await server.end();
  }
}
