import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DOUBLE,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBValue,
  listValue,
} from '@duckdb/node-api';
import { diskFull } from '../../disk-full.ts';
import { analysisFailed, datasetRejected, type GlassgraphError } from '../../errors.ts';
import { dataLimits } from '../../limits.ts';
import { fileNames } from '../files/file-names.ts';
import { appendColumns } from './append.ts';

/** SQL with numbered parameters: values never become a part of the text. */
export interface Statement {
  readonly text: string;
  readonly values: readonly DuckDBValue[];
}

/** What a message of DuckDB's means to a client; undefined when it says no more than that the data cannot be read. */
export type Explain = (message: string) => GlassgraphError | undefined;

/** Where DuckDB puts what does not fit into memory; it removes its files itself. */
export const temporaryFolder = (): string => join(tmpdir(), `glassgraph-${process.pid}`);

/**
 * A DuckDB that can read the given files and do nothing else with the machine: no other file, no network, no extension,
 * bounded memory. Takes 10 ms to open.
 */
export class Reader implements Disposable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #paths: readonly string[];

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, paths: readonly string[]) {
    this.#instance = instance;
    this.#connection = connection;
    this.#paths = paths;
  }

  static async open(paths: readonly string[], threads: number = dataLimits.readerThreads): Promise<Reader> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: dataLimits.readerMemory,
      temp_directory: temporaryFolder(),
      preserve_insertion_order: 'true',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'`);
    if (paths.length > 0) await connection.run('SET allowed_paths = $1', [listValue([...paths])]);
    await connection.run('SET enable_external_access = false');
    await connection.run('SET lock_configuration = true');
    return new Reader(instance, connection, paths);
  }

  /**
   * Results in the order of the statement, about 2,048 rows at a time, computed as they are asked for: the next while the last
   * is used, on another thread.
   */
  async *chunks({ text, values }: Statement): AsyncGenerator<DuckDBDataChunk> {
    const result = await this.#translated(this.#connection.stream(text, [...values]));
    let next = this.#translated(result.fetchChunk());
    try {
      for (;;) {
        const chunk = await next;
        if (chunk === null || chunk.rowCount === 0) return;
        next = this.#translated(result.fetchChunk());
        yield chunk;
      }
    } finally {
      await next.catch(() => undefined);
    }
  }

  /** All results at once, each a record by column name. */
  async records({ text, values }: Statement, explain?: Explain): Promise<Record<string, DuckDBValue>[]> {
    const reader = await this.#translated(this.#connection.runAndReadAll(text, [...values]), explain);
    return reader.getRowObjects();
  }

  /** A table of one column of numbers, beside the files; what does not fit into memory is spilled. */
  async addTable(table: string, column: string, stretches: AsyncIterable<Float64Array>): Promise<void> {
    await this.#connection.run(`CREATE TEMP TABLE ${table}(${column} DOUBLE)`);
    const appender = await this.#connection.createAppender(table);
    for await (const numbers of stretches) appendColumns(appender, [DOUBLE], [numbers]);
    appender.closeSync();
  }

  [Symbol.dispose](): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  /** What DuckDB says quotes paths and SQL, so none of it reaches a client; a mistake of ours stays what it is. */
  async #translated<Value>(answer: Promise<Value>, explain?: Explain): Promise<Value> {
    try {
      return await answer;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);

      const explained = diskFull(error) ?? explain?.(text);
      if (explained !== undefined) throw explained;
      if (/^(Binder|Parser|Catalog|Internal|INTERNAL|Permission)/.test(text)) throw error;
      if (/^Out of Memory/i.test(text)) {
        throw analysisFailed(
          `Reading the data needs more than ${dataLimits.readerMemory} of memory. Ask about fewer rows.`,
        );
      }
      throw datasetRejected(
        `${this.#files()} cannot be read: damaged, or changed meanwhile. Write the data anew and register it as a new version.`,
      );
    }
  }

  #files(): string {
    const names = this.#paths.map(fileNames(this.#paths));
    return names.length <= 3 ? names.join(', ') : `One of ${names.length} files, ${names[0]} to ${names.at(-1)},`;
  }
}
