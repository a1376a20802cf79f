import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { ModelArtifact } from '../compute/executor.ts';
import type { ModelGraph } from '../compute/graph.ts';
import type { Manifest } from '../data/manifest/manifest.ts';
import type { DatasetColumn, DatasetFile } from '../data/types.ts';
import type { ErrorRecord } from '../errors.ts';
import type { ModelWarning } from '../pass/protocol.ts';

const bytes = customType<{ data: Uint8Array }>({ dataType: () => 'bytea' });
const moment = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });

/** One row is one immutable version. `ordinal` gives the order of registration. */
export const models = pgTable(
  'models',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    ordinal: bigint('ordinal', { mode: 'number' }).generatedAlwaysAsIdentity(),
    name: text('name').notNull(),
    version: text('version').notNull(),
    /** Of the files, the manifest in force and its vocabularies. */
    digest: text('digest').notNull(),
    description: text('description'),
    tags: text('tags').array().notNull(),
    format: text('format').notNull(),
    executor: text('executor').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    artifact: jsonb('artifact').$type<ModelArtifact>().notNull(),
    graph: jsonb('graph').$type<ModelGraph>().notNull(),
    manifest: jsonb('manifest').$type<Manifest>().notNull(),
    /** null of models that were registered before anybody looked. */
    warnings: jsonb('warnings').$type<ModelWarning[]>(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('models_name_version').on(table.name, table.version),
    index('models_ordinal').on(table.ordinal),
  ],
);

export const modelAliases = pgTable(
  'model_aliases',
  {
    modelName: text('model_name').notNull(),
    alias: text('alias').notNull(),
    modelId: uuid('model_id')
      .notNull()
      .references(() => models.id, { onDelete: 'cascade' }),
  },
  (table) => [primaryKey({ columns: [table.modelName, table.alias] })],
);

export const datasets = pgTable(
  'datasets',
  {
    id: uuid('id').primaryKey().defaultRandom(),
    ordinal: bigint('ordinal', { mode: 'number' }).generatedAlwaysAsIdentity(),
    name: text('name').notNull(),
    version: text('version').notNull(),
    digest: text('digest').notNull(),
    description: text('description'),
    files: jsonb('files').$type<DatasetFile[]>().notNull(),
    columns: jsonb('columns').$type<DatasetColumn[]>().notNull(),
    rowCount: bigint('row_count', { mode: 'number' }).notNull(),
    label: text('label'),
    groupBy: text('group_by'),
    partitionBy: text('partition_by'),
    /** Names in the order of their values, with their counts; empty without a partition column. */
    partitions: jsonb('partitions').$type<PartitionRecord[]>().notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    uniqueIndex('datasets_name_version').on(table.name, table.version),
    index('datasets_ordinal').on(table.ordinal),
  ],
);

export interface PartitionRecord {
  name: string;
  rowCount: number;
  /** null without a label. */
  positiveCount: number | null;
}

/** What clients know as a Job: a pass, or a document that is prefetched. The queues themselves are pg-boss's. */
export const jobs = pgTable(
  'jobs',
  {
    id: uuid('id').primaryKey(),
    ordinal: bigint('ordinal', { mode: 'number' }).generatedAlwaysAsIdentity(),
    state: text('state').$type<JobState>().notNull(),
    title: text('title').notNull(),
    /** Of pg-boss; the job has the same id there. */
    queue: text('queue').notNull().default('passes'),
    /** A client knows its id: it runs until it is done or cancelled. */
    isTold: boolean('is_told').notNull().default(false),
    /** Servers with requests that wait for it. */
    waiting: text('waiting').array().notNull().default([]),
    modelId: uuid('model_id').references(() => models.id, { onDelete: 'set null' }),
    datasetId: uuid('dataset_id').references(() => datasets.id, { onDelete: 'set null' }),
    rowsDone: bigint('rows_done', { mode: 'number' }).notNull().default(0),
    rowsTotal: bigint('rows_total', { mode: 'number' }),
    rowsPerSecond: real('rows_per_second'),
    attempts: integer('attempts').notNull().default(0),
    error: jsonb('error').$type<ErrorRecord>(),
    /** Errors of single questions, by their keys, where they are not the job's. */
    failures: jsonb('failures').$type<Readonly<Record<string, ErrorRecord>>>(),
    createdAt: moment('created_at').notNull().defaultNow(),
    startedAt: moment('started_at'),
    finishedAt: moment('finished_at'),
  },
  (table) => [index('jobs_ordinal').on(table.ordinal), index('jobs_state').on(table.state)],
);
export const jobStates = ['QUEUED', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'] as const;
export type JobState = (typeof jobStates)[number];

/**
 * One row is one question: claimed by a pass (value null) or answered. A failed pass deletes its claims, so that the next
 * one who asks tries again.
 */
export const results = pgTable(
  'results',
  {
    key: text('key').primaryKey(),
    analysis: text('analysis').notNull(),
    /** null: about rows alone. */
    modelId: uuid('model_id').references(() => models.id, { onDelete: 'cascade' }),
    /** null: about the model's weights alone. */
    datasetId: uuid('dataset_id').references(() => datasets.id, { onDelete: 'cascade' }),
    jobId: uuid('job_id').notNull(),
    value: bytes('value'),
    files: text('files').array().notNull(),
    rowCount: bigint('row_count', { mode: 'number' }),
    skippedRowCount: bigint('skipped_row_count', { mode: 'number' }),
    durationMs: doublePrecision('duration_ms'),
    /** Of the value and its files. */
    bytes: bigint('bytes', { mode: 'number' }),
    executor: text('executor'),
    device: text('device'),
    modelDigest: text('model_digest'),
    datasetDigest: text('dataset_digest'),
    engineVersion: text('engine_version').notNull(),
    claimedAt: moment('claimed_at').notNull().defaultNow(),
    computedAt: moment('computed_at'),
    usedAt: moment('used_at'),
  },
  (table) => [
    index('results_job').on(table.jobId),
    index('results_model').on(table.modelId),
    index('results_dataset').on(table.datasetId),
  ],
);
