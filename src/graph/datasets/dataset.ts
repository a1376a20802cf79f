import type { DatasetRow as DataRow } from '../../data/page.ts';
import { type ColumnOfDataset, columnsOf, rowsBetween, statisticsOf } from '../../questions/datasets.ts';
import { type DatasetRow, getDatasetById, listDatasets } from '../../store/datasets.ts';
import type { PartitionRecord } from '../../store/schema.ts';
import { builder } from '../builder/builder.ts';
import { type ConnectionArguments, keysetConnection, pageAsked } from '../builder/connection.ts';
import { connectionType, pageArguments } from '../builder/connection-types.ts';
import { refusedEarly } from '../builder/early.ts';
import { isUuid } from '../builder/ids.ts';
import { Dataset } from '../shared/references.ts';

interface RowsAsked extends ConnectionArguments {
  readonly partitions?: readonly string[] | null | undefined;
}

const Column = builder.objectRef<ColumnOfDataset>('Column').implement({
  description: 'A column of a dataset. Figures are exact, over all rows.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Name of the column, as in the files.' }),
    type: t.exposeString('type', { description: 'DuckDB’s name of the type, e.g. VARCHAR, BIGINT, DOUBLE[].' }),
    nullCount: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Rows without a value.',
      resolve: async (column, _, context) => (await statisticsOf(context, column)).nullCount,
    }),
    distinctCount: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Different values, null not among them.',
      resolve: async (column, _, context) => (await statisticsOf(context, column)).distinctCount,
    }),
    minimum: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Smallest value; null for lists.',
      resolve: async (column, _, context) => (await statisticsOf(context, column)).minimum,
    }),
    maximum: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Largest value; null for lists.',
      resolve: async (column, _, context) => (await statisticsOf(context, column)).maximum,
    }),
  }),
});

const Partition = builder.objectRef<PartitionRecord>('Partition').implement({
  description: 'The rows that share a value of the partition column, e.g. a day.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The value as text.' }),
    rowCount: t.field({ type: 'SafeInt', description: 'Number of its rows.', resolve: ({ rowCount }) => rowCount }),
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
        'Zero-based position in the dataset as registered: files in order of name, rows in order within; stable for its digest.',
      resolve: ({ index }) => index,
    }),
    partition: t.exposeString('partition', { nullable: true, description: 'The partition that it is in.' }),
    label: t.exposeFloat('label', { nullable: true, description: 'The label of the row; null where it has none.' }),
    values: t.field({ type: 'JSON', description: 'Raw values by column.', resolve: ({ values }) => values }),
  }),
});

export const { connection: DatasetConnection } = connectionType('Dataset', Dataset);
const { connection: RowConnection } = connectionType('Row', Row, 'SafeInt');

builder.node(Dataset, {
  description: 'One immutable version of a set of logged rows.',
  id: { resolve: ({ id }) => id },
  loadWithoutCache: (id, { database }) => (isUuid(id) ? getDatasetById(database.db, id) : null),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name, shared by the versions of a dataset.' }),
    version: t.exposeString('version', { description: 'The version, unique for its name.' }),
    digest: t.exposeString('digest', { description: 'SHA-256, hex, of the files and the settings.' }),
    rowCount: t.field({
      type: 'SafeInt',
      description: 'Rows of all files together.',
      resolve: ({ rowCount }) => rowCount,
    }),
    columns: t.field({
      type: [Column],
      description: 'Columns in the order of the files. Their figures are counted when they are asked for.',
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
      description: 'Partitions in the order of their values.',
      resolve: (d) => d.partitions,
    }),
    rows: t.field({
      type: RowConnection,
      description: 'Rows in row order.',
      extensions: refusedEarly(pageAsked),
      args: {
        ...pageArguments(t.arg),
        partitions: t.arg.stringList({ description: 'Only rows of these partitions.' }),
      },
      resolve: (dataset, args) => rowsOf(dataset, args),
    }),
    versions: t.field({
      type: DatasetConnection,
      description: 'Versions of the same name, newest first.',
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

/** Positions are row indexes, which ascend. */
const rowsOf = (dataset: DatasetRow, { partitions, ...args }: RowsAsked) =>
  keysetConnection(
    args,
    (page) => rowsBetween(dataset, partitions, page),
    ({ index }) => index,
  );
