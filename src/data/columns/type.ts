/** What DuckDB's many types come to, as far as binding, filtering and naming partitions are concerned. */
export type ColumnClass =
  | 'INTEGER'
  | 'FLOAT'
  | 'DECIMAL'
  | 'BOOLEAN'
  | 'TEXT'
  | 'DATE'
  | 'TIMESTAMP'
  | 'LIST'
  | 'OTHER';

const classes: readonly (readonly [RegExp, ColumnClass])[] = [
  [/\[\d*\]$/, 'LIST'],
  [/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER)$/, 'INTEGER'],
  [/^(FLOAT|DOUBLE)$/, 'FLOAT'],
  [/^DECIMAL\(\d+,\d+\)$/, 'DECIMAL'],
  [/^BOOLEAN$/, 'BOOLEAN'],
  [/^VARCHAR$/, 'TEXT'],
  [/^DATE$/, 'DATE'],
  [/^TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?$/, 'TIMESTAMP'],
];

/** `type` is DuckDB's name of it, e.g. BIGINT, DECIMAL(8,2), VARCHAR[]. */
export const classOf = (type: string): ColumnClass => classes.find(([pattern]) => pattern.test(type))?.[1] ?? 'OTHER';

/** Of a list's elements; of anything else, its own. */
export const elementType = (type: string): string => type.replace(/\[\d*\]$/, '');

const numeric: readonly ColumnClass[] = ['INTEGER', 'FLOAT', 'DECIMAL', 'BOOLEAN'];
/** Has values that can be taken as numbers; booleans are 0 and 1. */
export const isNumeric = (type: string): boolean => numeric.includes(classOf(type));
/** Has an order and a text that names a value: can be filtered, grouped, and cut into partitions. */
export const isScalar = (type: string): boolean => !['LIST', 'OTHER'].includes(classOf(type));
