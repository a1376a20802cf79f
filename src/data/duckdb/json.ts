import {
  DuckDBArrayValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  type DuckDBValue,
} from '@duckdb/node-api';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * A value as JSON has it: whole numbers beyond 2^53 as text, dates and times in ISO 8601, NaN and the infinities by their
 * names, lists and structs as such, anything else as DuckDB writes it.
 */
export function toJson(value: DuckDBValue): Json {
  switch (typeof value) {
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
    case 'string':
      return value;
  }
  if (value === null || value === undefined) return null;
  if (value instanceof DuckDBDecimalValue) return Number(value.toString());
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(toJson);
  if (value instanceof DuckDBStructValue) return fromEntries(Object.entries(value.entries));
  if (value instanceof DuckDBMapValue)
    return fromEntries(value.entries.map((entry) => [String(entry.key), entry.value]));
  return isoTime(value.toString());
}

const fromEntries = (entries: readonly (readonly [string, DuckDBValue])[]): Json =>
  Object.fromEntries(entries.map(([key, value]) => [key, toJson(value)]));

const isoTime = (text: string): string => text.replace(/^(\d{4,}-\d\d-\d\d) (\d\d:)/, '$1T$2');
