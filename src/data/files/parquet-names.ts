import type { Reader } from '../duckdb/reader.ts';
import { Query } from '../duckdb/sql.ts';

/** Names of the columns of a Parquet file as they are written in it: DuckDB calls a second “a” or “A” “a_1”. */
export async function parquetNames(reader: Reader, path: string): Promise<string[]> {
  const query = new Query();
  const schema = await reader.records(
    query.statement(`SELECT name, num_children FROM parquet_schema(${query.bind(path)})`),
  );
  const names: string[] = [];
  // Depth first, the root before all; what lies below a column is passed over.
  for (let at = 1; at < schema.length; at = afterSubtree(schema, at)) names.push(String(schema[at]?.name));
  return names;
}

function afterSubtree(schema: readonly Record<string, unknown>[], at: number): number {
  let next = at + 1;
  for (let child = 0; child < Number(schema[at]?.num_children ?? 0); child++) next = afterSubtree(schema, next);
  return next;
}
