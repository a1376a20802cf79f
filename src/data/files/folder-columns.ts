/** What the name of a folder says of every row of a file below it. */
export interface FolderValue {
  readonly name: string;
  /** DuckDB's. */
  readonly type: 'BIGINT' | 'DATE' | 'TIMESTAMP' | 'VARCHAR';
  readonly value: string | null;
}

/** What Hive and Spark write for a null. */
export const nullFolder = '__HIVE_DEFAULT_PARTITION__';

/**
 * Of each file, what the folders in its path say that are called `name=value`, as Hive lays out partitions. A column is of whole
 * numbers, dates or times where every file's value is one, else of texts. Files must lie below folders of the same names;
 * undefined when they do not.
 */
export function folderValues(paths: readonly string[]): FolderValue[][] | undefined {
  const said = paths.map(saidBy);
  const names = (said[0] ?? []).map(([name]) => name);
  const isAlike = (one: Said): boolean => one.length === names.length && one.every(([name], at) => name === names[at]);
  if (!said.every(isAlike)) return undefined;
  const types = names.map((_, at) => typeOf(said.flatMap((one) => one[at]?.[1] ?? [])));
  return said.map((one) => one.map(([name, value], at) => ({ name, type: types[at] as FolderValue['type'], value })));
}

type Said = [name: string, value: string | null][];

const saidBy = (path: string): Said =>
  path
    .split('/')
    .slice(0, -1)
    .flatMap((folder): Said => {
      const [, name, value] = /^([^=]+)=(.+)$/s.exec(folder) ?? [];
      if (name === undefined || value === undefined) return [];
      return [[decoded(name), value === nullFolder ? null : decoded(value)]];
    });

/** Hive writes what a name cannot have in percents; the character U+0000 would be none that anybody takes. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('%00', '%2500'));
  } catch {
    return text;
  }
}

function typeOf(values: readonly string[]): FolderValue['type'] {
  const are = (form: RegExp) => values.length > 0 && values.every((value) => form.test(value));
  const areReal = values.every((value) => !Number.isNaN(Date.parse(value)) && isOfMonth(value));
  if (are(/^-?\d{1,18}$/)) return 'BIGINT';
  if (are(/^\d{4}-\d\d-\d\d$/) && areReal) return 'DATE';
  if (are(/^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?$/) && areReal) return 'TIMESTAMP';
  return 'VARCHAR';
}

/** JavaScript takes February 30 for March 1. */
const isOfMonth = (value: string): boolean =>
  new Date(`${value.slice(0, 10)}T00:00:00Z`).getUTCDate() === Number(value.slice(8, 10));
