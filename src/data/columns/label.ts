import { columnSql, filterSql, type Query, textSql } from '../duckdb/sql.ts';
import type { DatasetRecord, RowColumn } from '../types.ts';
import { classOf, isNumeric } from './type.ts';

/** Texts that stand for no label, as tools write them that have no nulls: pandas, R, Spark, spreadsheets. */
export const noLabelTexts = ['', 'NA', 'N/A', 'NaN', 'nan', 'NULL', 'null', 'None'] as const;

/** Whether a value written by hand stands for no label of a column of this type. */
export const isNoLabel = (value: unknown, type: string): boolean =>
  classOf(type) === 'TEXT'
    ? noLabelTexts.some((text) => text === value)
    : classOf(type) === 'FLOAT' && typeof value === 'string' && /^nan$/i.test(value);

/** Whether a value of the quoted column is a label: neither null, nor NaN, nor a text that stands for none. */
export function isLabelSql(column: string, type: string): string {
  if (classOf(type) === 'FLOAT') return `${column} IS NOT NULL AND NOT isnan(${column})`;
  if (classOf(type) !== 'TEXT') return `${column} IS NOT NULL`;
  const texts = noLabelTexts.map((text) => `'${text}'`).join(', ');
  return `${column} IS NOT NULL AND NOT list_contains([${texts}], ${column})`;
}

const whereLabelled = (column: string, type: string, value: string): string =>
  `CASE WHEN ${isLabelSql(column, type)} THEN CAST(${value} AS DOUBLE) END`;

/** The label as a DOUBLE: 1, 0 or null. */
export function labelSql(query: Query, dataset: Pick<DatasetRecord, 'columns' | 'label'>): string {
  const column = dataset.columns.find(({ name }) => name === dataset.label);
  if (column === undefined) return 'CAST(NULL AS DOUBLE)';
  const { name, type, positive } = column;
  const value = columnSql(dataset, name);
  if (positive === undefined) return whereLabelled(value, type, isNumeric(type) ? value : textSql(value, type));
  return whereLabelled(value, type, `${textSql(value, type)} = ${query.bind(positive)}`);
}

/** What a probe learns of a row, as a DOUBLE: null where the column has what is no label. */
export function rowColumnSql(query: Query, dataset: DatasetRecord, { column: name, equals, above }: RowColumn): string {
  const type = dataset.columns.find((column) => column.name === name)?.type as string;
  const column = columnSql(dataset, name);
  if (equals !== undefined)
    return whereLabelled(column, type, filterSql(query, dataset, { column: name, op: 'EQ', value: equals }));
  if (above === undefined) return whereLabelled(column, type, column);
  // A filter takes it for a boolean beside a boolean; here that is a number like any other, 0 or 1.
  if (classOf(type) === 'BOOLEAN')
    return whereLabelled(column, type, `CAST(${column} AS DOUBLE) > CAST(${query.bind(above)} AS DOUBLE)`);
  return whereLabelled(column, type, filterSql(query, dataset, { column: name, op: 'GT', value: above }));
}
