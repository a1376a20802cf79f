import { type DuckDBAppender, DuckDBDataChunk, type DuckDBType } from '@duckdb/node-api';
import { fillVector } from './cells.ts';

/** Rows of one of DuckDB's vectors. */
const chunkRows = 2048;

/** Rows behind those of a table: an array a column, all of one length. */
export function appendColumns(
  appender: DuckDBAppender,
  types: readonly DuckDBType[],
  columns: readonly ArrayLike<number>[],
): void {
  const rowCount = columns[0]?.length ?? 0;
  const chunk = DuckDBDataChunk.create(types, chunkRows);
  for (let from = 0; from < rowCount; from += chunkRows) {
    const count = Math.min(chunkRows, rowCount - from);
    chunk.rowCount = count;
    for (const [at, values] of columns.entries()) fillVector(chunk.getColumnVector(at), values, from, count);
    appender.appendDataChunk(chunk);
  }
}
