import { columnStatistics } from '../analysis/columns/statistics.ts';
import type { ColumnStatistics } from '../data/columns/statistics.ts';
import { type DatasetRow as DataRow, readRows } from '../data/page.ts';
import { selectRows } from '../data/rows.ts';
import type { DatasetColumn } from '../data/types.ts';
import { askRows } from '../questions/ask.ts';
import { type DatasetRow, getDatasetById, listDatasets } from '../store/datasets.ts';
import type { PartitionRecord } from '../store/schema.ts';
import { builder } from './builder.ts';
import { type ConnectionArguments, keysetConnection, pageAsked } from './connection.ts';
import { connectionType, pageArguments } from './connection-types.ts';
import type { Context } from './context.ts';
import { refusedEarly } from './early.ts';
import { isUuid } from './ids.ts';
import { Dataset } from './references.ts';

/** A column with its figures, which are counted for all columns at once when the first of them is asked for. */
interface ColumnOfDataset extends DatasetColumn {
  readonly statistics: (context: Context) => Promise<ColumnStatistics>;
}

const Column = builder.objectRef<ColumnOfDataset>('Column').implement({
  description: 'A column of a dataset. Figures are exact, over all rows.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As in the files.' }),
    type: t.exposeString('type', { description: 'DuckDB’s name of the type, e.g. VARCHAR, BIGINT, DOUBLE[].' }),
    nullCount: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Rows without a value.',
      resolve: async ({ statistics }, _, context) => (await statistics(context)).nullCount,
    }),
    distinctCount: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Different values, null not among them.',
      resolve: async ({ statistics }, _, context) => (await statistics(context)).distinctCount,
    }),
    minimum: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Smallest value; null for lists.',
      resolve: async ({ statistics }, _, context) => (await statistics(context)).minimum,
    }),
    maximum: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Largest value; null for lists.',
      resolve: async ({ statistics }, _, context) => (await statistics(context)).maximum,
    }),
  }),
});

const Partition = builder.objectRef<PartitionRecord>('Partition').implement({
  description: 'The rows that share a value of the partition column, e.g. a day.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The value as text.' }),
    rowCount: t.field({ type: 'SafeInt', description: 'Its rows.', resolve: ({ rowCount }) => rowCount }),
    positiveCount: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Rows with label 1; null without a label.',
      resolve: ({ positiveCount }) => positiveCount,
    }),
  }),
});

export const Row = builder.objectRef<DataRow>('Row').implement({
  description: 'One row of a dataset.',
  fields: (t) => ({
    index: t.field({
      type: 'SafeInt',
      description:
        '0-based position in the dataset as registered: files in order of name, rows in order within; stable for its digest.',
      resolve: ({ index }) => index,
    }),
    partition: t.exposeString('partition', { nullable: true, description: 'The partition that it is in.' }),
    label: t.exposeFloat('label', { nullable: true, description: 'Its label; null where it has none.' }),
    values: t.field({ type: 'JSON', description: 'Column to raw value.', resolve: ({ values }) => values }),
  }),
});

export const { connection: DatasetConnection } = connectionType('Dataset', Dataset);
const { connection: RowConnection } = connectionType('Row', Row, 'SafeInt');

builder.node(Dataset, {
  description: 'One immutable version of a set of logged rows.',
  id: { resolve: ({ id }) => id },
  loadWithoutCache: (id, { database }) => (isUuid(id) ? getDatasetById(database.db, id) : null),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Shared by the versions of a dataset.' }),
    version: t.exposeString('version', { description: 'Unique for its name.' }),
    digest: t.exposeString('digest', { description: 'SHA-256, hex, of the files and the settings.' }),
    rowCount: t.field({ type: 'SafeInt', description: 'Of all files.', resolve: ({ rowCount }) => rowCount }),
    columns: t.field({
      type: [Column],
      description: 'In the order of the files. Their figures are counted when they are asked for.',
      resolve: columnsOf,
    }),
    label: t.exposeString('label', { nullable: true, description: 'Column with the label.' }),
    positive: t.string({
      nullable: true,
      description: 'The value of the label that counts as 1; null where the label is 0 and 1.',
      resolve: ({ label, columns }) => columns.find(({ name }) => name === label)?.positive ?? null,
    }),
    groupBy: t.exposeString('groupBy', {
      nullable: true,
      description: 'Column that groups rows for GAUC, e.g. the user.',
    }),
    partitionBy: t.exposeString('partitionBy', {
      nullable: true,
      description: 'Column whose values are the partitions, e.g. the day.',
    }),
    partitions: t.field({
      type: [Partition],
      description: 'In the order of their values.',
      resolve: (d) => d.partitions,
    }),
    rows: t.field({
      type: RowConnection,
      description: 'In row order.',
      extensions: refusedEarly(pageAsked),
      args: {
        ...pageArguments(t.arg),
        partitions: t.arg.stringList({ description: 'Only rows of these partitions.' }),
      },
      resolve: (dataset, args) => rowsOf(dataset, args),
    }),
    versions: t.field({
      type: DatasetConnection,
      description: 'Of the same name, newest first.',
      extensions: refusedEarly(pageAsked),
      args: pageArguments(t.arg),
      resolve: ({ name }, args, { database }) =>
        keysetConnection(
          args,
          (page) => listDatasets(database.db, { name }, page),
          ({ ordinal }) => ordinal,
        ),
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was registered.',
      resolve: ({ createdAt }) => createdAt,
    }),
  }),
});

const columnsOf = ({ name, version, columns }: DatasetRow): ColumnOfDataset[] =>
  columns.map((column, at) => ({
    ...column,
    statistics: async (context) =>
      (await askRows(context, columnStatistics, {}, { dataset: name, version }))[at] as ColumnStatistics,
  }));

/** Positions are row indexes, which ascend. */
function rowsOf(
  dataset: DatasetRow,
  args: ConnectionArguments & { partitions?: readonly string[] | null | undefined },
) {
  const names = dataset.partitions.map(({ name }) => name);
  const { partitions } = selectRows(dataset, names, { partitions: args.partitions ?? null });
  const chosen = dataset.partitions.filter(({ name }) => partitions?.includes(name));
  const totalCount = partitions === null ? dataset.rowCount : chosen.reduce((sum, { rowCount }) => sum + rowCount, 0);
  return keysetConnection(
    args,
    async ({ limit, after, before, backwards = false }) => ({
      rows: await readRows(dataset, {
        count: limit,
        fromEnd: backwards,
        partitions,
        ...(after === undefined ? {} : { from: after + 1 }),
        ...(before === undefined ? {} : { below: before }),
      }),
      totalCount,
    }),
    ({ index }) => index,
  );
}
