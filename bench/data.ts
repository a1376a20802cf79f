import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { readBatches } from '../src/data/batches/batches.ts';
import { bind } from '../src/data/batches/bind.ts';
import { inspectDataset } from '../src/data/files/inspect.ts';
import type { FeatureBinding, Manifest } from '../src/data/manifest/manifest.ts';
import type { DatasetRecord } from '../src/data/types.ts';
import { compared } from './measure.ts';
import { allRows } from './pass.ts';
import { none, perSecond, type Row, times } from './table.ts';

export const about =
  'Parquet to batches of 4,096 rows, bound; against DuckDB alone reading the same columns with as many threads.';

const rowCount = 1_000_000;
const rounds = 3;
const words = 4000;

const number = (name: string, index: number): FeatureBinding => {
  return { kind: 'NUMERIC', name, column: name, input: 'numbers', index, missing: 0 };
};
const id = (name: string, index: number): FeatureBinding => {
  return { kind: 'CATEGORICAL', name, column: name, input: 'ids', index };
};
const numbers = ['n0', 'n1', 'n2', 'n3'].map(number);
const ids = ['i0', 'i1', 'i2', 'i3'].map(id);
const word = (index: number): FeatureBinding => {
  return { kind: 'CATEGORICAL', name: 'word', column: 'word', input: 'ids', index, vocabulary: 'words', offset: 1 };
};
const list = (index: number): FeatureBinding => {
  return { kind: 'SEQUENCE', name: 'list', column: 'list', input: 'ids', index, length: 10, padding: 0 };
};
const scaled = numbers.map((feature): FeatureBinding => {
  return { ...feature, transform: [{ standardize: { mean: 0.5, deviation: 0.3 } }] } as FeatureBinding;
});

export const everything: readonly FeatureBinding[] = [...numbers, ...ids, word(4), list(5)];

const cases: Record<string, readonly FeatureBinding[]> = {
  'four numbers': numbers,
  'four numbers, standardized': scaled,
  'four ids': ids,
  'a vocabulary of 4,000 words': [word(0)],
  'a list of 5 ids, padded to 10': [list(0)],
  'all of them': everything,
};

/** Rows with all of these columns, in so many Parquet files. Returns their paths. */
export async function writeFiles(folder: string, rowCount: number, fileCount: number): Promise<string[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const columns = [
    ...numbers.map(({ name }, at) => `(hash(i + ${at}) % 1000) / 1000 AS ${name}`),
    ...ids.map(({ name }, at) => `CAST(hash(i * 7 + ${at}) % 50000 AS BIGINT) AS ${name}`),
    `'word ' || (hash(i) % ${words}) AS word`,
    'list_transform(range(CAST(hash(i) % 10 AS BIGINT)), lambda x: x + i % 100) AS list',
    'i % 2 AS label',
  ];
  const paths = Array.from({ length: fileCount }, (_, at) => join(folder, `rows-${at}.parquet`));
  for (const [at, path] of paths.entries()) {
    const range = `range(${(at * rowCount) / fileCount}, ${((at + 1) * rowCount) / fileCount})`;
    await connection.run(`COPY (SELECT ${columns.join(', ')} FROM ${range} t(i)) TO '${path}' (FORMAT parquet)`);
  }
  connection.closeSync();
  instance.closeSync();
  return paths;
}

function boundTo(dataset: DatasetRecord, features: readonly FeatureBinding[]) {
  const manifest: Manifest = { score: { output: 'y', index: 0, space: 'VALUE' }, features, vocabularies: {} };
  const names = [...new Set(features.map(({ input }) => input))];
  const inputs = names.map((name) => {
    const end = Math.max(
      ...features.filter(({ input }) => input === name).map((f) => f.index + ('length' in f ? f.length : 1)),
    );
    return { name, dtype: name === 'ids' ? ('int64' as const) : ('float32' as const), shape: [null, end] };
  });
  const vocabulary = new Map(Array.from({ length: words }, (_, at) => [`word ${at}`, at]));
  return bind({ inputs }, manifest, { words: vocabulary }, dataset);
}

export async function alone(
  dataset: DatasetRecord,
  features: readonly FeatureBinding[],
  threads: number,
): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:', { threads: String(threads) });
  const connection = await instance.connect();
  const columns = features.map(({ column }) => `"${column}"`).join(', ');
  const paths = dataset.files.map(({ path }) => `'${path}'`);
  const result = await connection.stream(`SELECT ${columns}, label FROM read_parquet([${paths.join(', ')}])`);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) break;
  }
  connection.closeSync();
  instance.closeSync();
}

export async function batches(
  dataset: DatasetRecord,
  features: readonly FeatureBinding[],
  threads: number,
): Promise<void> {
  for await (const _ of readBatches(dataset, allRows, boundTo(dataset, features), { batchRows: 4096, threads }));
}

export async function measure(folder: string): Promise<Row[]> {
  const paths = await writeFiles(folder, rowCount, 1);
  const dataset = await inspectDataset(paths, { label: 'label', groupBy: null, partitionBy: null });
  const rows: Row[] = [];
  for (const [name, features] of Object.entries(cases)) {
    for (const threads of [1, 2]) {
      const { oursMs, againstMs, ratio } = await compared(
        () => batches(dataset, features, threads),
        () => alone(dataset, features, threads),
        rounds,
      );
      rows.push({
        what: `${name}, ${threads === 1 ? 'one thread' : `${threads} threads`}`,
        ours: perSecond(rowCount, oursMs, 'rows'),
        against: perSecond(rowCount, againstMs, 'rows'),
        ratio: times(1 / ratio),
        goal: none,
      });
    }
  }
  return rows;
}
