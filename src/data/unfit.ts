import { bindingMismatch, GlassgraphError } from '../errors.ts';
import { using } from '../using.ts';
import { classOf } from './column-type.ts';
import { Reader } from './duckdb.ts';
import { assertUnchanged } from './files.ts';
import { columnSql, fromFiles, Query, rowIndexSql, typeOf } from './sql.ts';
import type { DatasetRecord } from './types.ts';

/**
 * An error of `bind` about a column of texts where numbers are wanted, with the first row that has none: one word among a million
 * numbers makes texts of them all. Every other error as it is.
 */
export async function namingFirstText(error: unknown, dataset: DatasetRecord): Promise<unknown> {
  if (!(error instanceof GlassgraphError) || typeof error.details.type !== 'string') return error;
  const column = String(error.details.column);
  if (classOf(typeOf(dataset, column)) !== 'TEXT') return error;
  const first = await firstText(dataset, column);
  if (first === undefined) return error;
  const shown = first.value.length > 100 ? `${first.value.slice(0, 100)}…` : first.value;
  return bindingMismatch(
    `${error.message} Row ${first.row} is the first that has none: “${shown}”. Leave such values empty, which makes nulls of them.`,
    {
      ...error.details,
      ...first,
    },
  );
}

async function firstText(dataset: DatasetRecord, name: string): Promise<{ row: number; value: string } | undefined> {
  await assertUnchanged(dataset.files);
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    const query = new Query();
    const column = columnSql(dataset, name);
    const [found] = await reader.records(
      query.statement(
        `SELECT ${rowIndexSql(query, dataset.files)} AS row, ${column} AS value FROM ${fromFiles(query, dataset.files)} ` +
          `WHERE ${column} IS NOT NULL AND TRY_CAST(${column} AS DOUBLE) IS NULL ORDER BY row LIMIT 1`,
      ),
    );
    return found && { row: Number(found.row), value: String(found.value) };
  });
}
