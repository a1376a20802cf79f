import { bindingMismatch, GlassgraphError } from '../../errors.ts';
import { using } from '../../using.ts';
import { Reader } from '../duckdb/reader.ts';
import { columnSql, fromFiles, Query, rowIndexSql, typeOf } from '../duckdb/sql.ts';
import { assertUnchanged } from '../files/unchanged.ts';
import type { DatasetRecord } from '../types.ts';
import { classOf } from './type.ts';

/**
 * An error of `bind` about a column of texts where numbers are wanted, with the first row that has none: one word among a million
 * numbers makes texts of them all. Every other error as it is.
 */
export async function namingFirstText(error: unknown, dataset: DatasetRecord): Promise<unknown> {
  if (!(error instanceof GlassgraphError) || typeof error.details.type !== 'string') return error;
  const column = String(error.details.column);
  if (classOf(typeOf(dataset, column)) !== 'TEXT') return error;
  const texts = await textsIn(dataset, column);
  if (texts === undefined) return error;
  const { isMost, ...first } = texts;
  const shown = first.value.length > 100 ? `${first.value.slice(0, 100)}…` : first.value;
  const advice = isMost
    ? 'A column of words is bound with a “vocabulary”, a file with a line for each of them, or a “hash”, where the model takes ids.'
    : 'Leave such values empty, which makes nulls of them.';
  return bindingMismatch(`${error.message} Row ${first.row} is the first that has none: “${shown}”. ${advice}`, {
    ...error.details,
    ...first,
  });
}

/** The first text that is no number, and whether most of the column are such. */
async function textsIn(
  dataset: DatasetRecord,
  name: string,
): Promise<{ row: number; value: string; isMost: boolean } | undefined> {
  await assertUnchanged(dataset.files);
  return using(await Reader.open(dataset.files.map(({ path }) => path)), async (reader) => {
    const query = new Query();
    const column = columnSql(dataset, name);
    const [found] = await reader.records(
      query.statement(
        `SELECT min(row) AS row, arg_min(value, row) AS value, 2 * count(*) > any_value(total) AS isMost FROM (` +
          `SELECT ${rowIndexSql(query, dataset.files)} AS row, ${column} AS value, ` +
          `count(${column}) OVER () AS total FROM ${fromFiles(query, dataset.files)}) ` +
          'WHERE value IS NOT NULL AND TRY_CAST(value AS DOUBLE) IS NULL',
      ),
    );
    if (found?.row == null) return undefined;
    return { row: Number(found.row), value: String(found.value), isMost: found.isMost === true };
  });
}
