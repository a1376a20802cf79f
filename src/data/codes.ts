import { numbersOf } from './cells.ts';
import { Reader } from './duckdb.ts';
import { assertUnchanged } from './files.ts';
import { columnSql, fromFiles, Query, rowIndexSql, textSql, typeOf } from './sql.ts';
import type { DatasetRecord } from './types.ts';

export interface Codes {
  /** Of each row, in their order; −1 for null. */
  readonly codes: Int32Array;
  /** The text of each code's value, in the order of their first rows. */
  readonly values: string[];
}

/**
 * A dense code for the value of a column on each of the given rows, whose indexes ascend: for grouping by it.
 * `column` is one of the dataset's. Throws DATASET_REJECTED.
 */
export async function columnCodes(dataset: DatasetRecord, column: string, rows: Float64Array): Promise<Codes> {
  await assertUnchanged(dataset.files);
  using reader = await Reader.open(dataset.files.map(({ path }) => path));
  const query = new Query();
  const text = textSql(columnSql(dataset, column), typeOf(dataset, column));
  const sql = `SELECT ${rowIndexSql(query, dataset.files)}, ${text} FROM ${fromFiles(query, dataset.files)}`;
  const codes = new Int32Array(rows.length).fill(-1);
  const codeOf = new Map<string, number>();
  let next = 0;
  for await (const chunk of reader.chunks(query.statement(sql))) {
    if (next === rows.length) break;
    const index = numbersOf(chunk.getColumnVector(0));
    const texts = chunk.getColumnVector(1);
    for (let row = 0; row < chunk.rowCount; row++) {
      if (index[row] !== rows[next]) continue;
      const value = texts.getItem(row) as string | null;
      if (value !== null) {
        const code = codeOf.get(value) ?? codeOf.size;
        if (code === codeOf.size) codeOf.set(value, code);
        codes[next] = code;
      }
      next++;
    }
  }
  if (next < rows.length) throw new Error('rows that the dataset does not have, or not in their order');
  return { codes, values: [...codeOf.keys()] };
}
