import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { onTestFinished } from 'vitest';

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'glassgraph-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes what a SELECT gives into a Parquet file and returns its path. */
export const writeParquet = (path: string, select: string, options = ''): Promise<string> =>
  writeRows(path, select, `FORMAT parquet ${options}`);

/** The same in any format of DuckDB. */
export async function writeRows(path: string, select: string, options: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${path.replaceAll("'", "''")}' (${options})`);
  connection.closeSync();
  instance.closeSync();
  return path;
}
