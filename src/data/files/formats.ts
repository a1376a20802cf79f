import { basename } from 'node:path';

export type DataFormat = 'PARQUET' | 'CSV' | 'JSON_LINES';

const endings: readonly (readonly [RegExp, DataFormat])[] = [
  [/\.(parquet|pq)$/i, 'PARQUET'],
  [/\.[ct]sv(\.gz)?$/i, 'CSV'],
  [/\.(jsonl|ndjson)(\.gz)?$/i, 'JSON_LINES'],
];

/** What the endings of names may be, for messages. */
export const dataEndings = '.parquet, .pq, .csv, .tsv, .jsonl or .ndjson (the texts also with .gz)';

/** By the file's name; undefined for any other. */
export const formatOf = (path: string): DataFormat | undefined =>
  endings.find(([ending]) => ending.test(basename(path)))?.[1];
