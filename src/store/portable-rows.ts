import { asc, getTableColumns, gt } from 'drizzle-orm';
import type { PgColumn, PgTable } from 'drizzle-orm/pg-core';
import type { Queries } from './database.ts';
import { datasets, modelAliases, models, results } from './schema.ts';

/** What cannot be computed again, and what need not be; in the order in which rows refer to each other. */
export const tables = { models, modelAliases, datasets, results } as const;
export type TableName = keyof typeof tables;
export type Row = Record<string, unknown>;

/** Values of results may be large: so many rows are read at a time. */
const pageRows = 20;

/** What a table is read by, page after page. */
const orders = { models: 'ordinal', datasets: 'ordinal', results: 'key' } as const;

/** Rows of a table: versions in the order of their registration, of results those that are computed. */
export async function* rowsOf(tx: Queries, name: TableName): AsyncGenerator<Row> {
  if (name === 'modelAliases') return yield* await tx.select().from(modelAliases);
  const table: PgTable = tables[name];
  const property = orders[name];
  const order = columnsOf(name)[property] as PgColumn;
  for (let after: unknown; ; ) {
    const page: Row[] = await tx
      .select()
      .from(table)
      .where(after === undefined ? undefined : gt(order, after))
      .orderBy(asc(order))
      .limit(pageRows);
    yield* page.filter(({ computedAt }) => name !== 'results' || computedAt !== null);
    const last = page.at(-1);
    if (last === undefined) return;
    after = last[property];
  }
}

/** As JSON, without the place that the database gave it. */
export function encodeRow(name: TableName, row: Row): Row {
  return mapped(name, row, (value) => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
    return value instanceof Date ? value.toISOString() : value;
  });
}

export function decodeRow(name: TableName, row: Row): Row {
  return mapped(name, row, (value, { dataType }) => {
    if (value === null || value === undefined) return value;
    if (dataType === 'date') return new Date(value as string);
    return dataType === 'custom' ? Buffer.from(value as string, 'base64') : value;
  });
}

function mapped(name: TableName, row: Row, change: (value: unknown, column: PgColumn) => unknown): Row {
  return Object.fromEntries(
    Object.entries(columnsOf(name)).flatMap(([property, column]) =>
      column.generatedIdentity === undefined ? [[property, change(row[property], column)]] : [],
    ),
  );
}

const columnsOf = (name: TableName): Readonly<Record<string, PgColumn>> => getTableColumns(tables[name] as PgTable);
