import {
  type DuckDBDataChunk as Chunk,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBType,
} from '@duckdb/node-api';
import { appendColumns } from './append.ts';
import { temporaryFolder } from './reader.ts';

/**
 * Rows of numbers that are too many for memory: the table `scratch` in a DuckDB of its own, which keeps what fits into `memory` and
 * puts the rest into temporary files. Append everything, then ask.
 */
export class ScratchTable {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #types: readonly DuckDBType[];
  #appender: DuckDBAppender | undefined;
  rowCount = 0;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, types: readonly DuckDBType[]) {
    this.#instance = instance;
    this.#connection = connection;
    this.#types = types;
  }

  static async open(columns: readonly string[], types: readonly DuckDBType[], memory: string): Promise<ScratchTable> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: memory,
      temp_directory: temporaryFolder(),
    });
    const connection = await instance.connect();
    await connection.run(`CREATE TABLE scratch(${columns.map((name, at) => `${name} ${types[at]}`).join(', ')})`);
    const table = new ScratchTable(instance, connection, types);
    table.#appender = await connection.createAppender('scratch');
    return table;
  }

  /** An array a column, all of one length. */
  append(columns: readonly ArrayLike<number>[]): void {
    if (this.#appender !== undefined) appendColumns(this.#appender, this.#types, columns);
    this.rowCount += columns[0]?.length ?? 0;
  }

  async *chunks(sql: string): AsyncGenerator<Chunk> {
    this.#endAppending();
    const result = await this.#connection.stream(sql);
    for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk())
      yield chunk;
  }

  close(): void {
    this.#endAppending();
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  #endAppending(): void {
    this.#appender?.closeSync();
    this.#appender = undefined;
  }
}
