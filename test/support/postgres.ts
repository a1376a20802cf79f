import type { TestProject } from 'vitest/node';
import { newPostgres } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Of a server's maintenance database; null: tests run on PGlite. */
    postgresUrl: string | null;
  }
}

/**
 * Once for each run of the suite, when GLASSGRAPH_DB=postgres: a real Postgres of its own, or the one of DATABASE_URL, whose user may
 * create databases. Returns how to stop it.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const { GLASSGRAPH_DB: kind, DATABASE_URL: url } = process.env;
  project.provide('postgresUrl', kind === 'postgres' && url ? url : null);
  if (kind !== 'postgres' || url) return undefined;
  const server = await newPostgres({ isDurable: false });
  project.provide('postgresUrl', server.url);
  return () => server.remove();
}
