import type { ExecutorName as Name } from '../../compute/executor.ts';
import type { Provenance as Origin } from '../../planner/question.ts';
import { getJob } from '../../store/jobs.ts';
import { builder } from '../builder/builder.ts';
import { ExecutorName } from './enums.ts';
import { Job } from './references.ts';

export const Provenance = builder.objectRef<Origin>('Provenance').implement({
  description: 'How a result came to be. Every analysis carries one.',
  fields: (t) => ({
    key: t.exposeString('key', {
      description: 'The result’s key: the same key is the same question about the same bytes.',
    }),
    rowCount: t.field({ type: 'SafeInt', description: 'Number of rows read.', resolve: ({ rowCount }) => rowCount }),
    skippedRowCount: t.field({
      type: 'SafeInt',
      description: 'Number of rows left out with `invalid: SKIP`.',
      resolve: ({ skippedRowCount }) => skippedRowCount,
    }),
    sampled: t.exposeBoolean('sampled', { description: 'Whether the rows are a sample of those selected.' }),
    cached: t.exposeBoolean('cached', {
      description: 'Whether it was answered from the store, without any computation.',
    }),
    computedAt: t.field({
      type: 'DateTime',
      description: 'When it was kept.',
      resolve: ({ computedAt }) => computedAt,
    }),
    durationMs: t.exposeFloat('durationMs', {
      description: 'Milliseconds of the pass that computed it, which may have served other questions too.',
    }),
    executor: t.field({
      type: ExecutorName,
      description: 'The backend that ran the model.',
      resolve: ({ executor }) => executor as Name,
    }),
    device: t.exposeString('device', { description: 'What really computed.' }),
    modelDigest: t.string({
      description: 'Digest of the model’s files and its manifest.',
      resolve({ modelDigest }) {
        if (modelDigest === null) throw new Error('an answer about rows alone has no provenance of a model');
        return modelDigest;
      },
    }),
    datasetDigest: t.string({
      description: 'Digest of the dataset’s files and settings.',
      resolve: ({ datasetDigest }) => datasetDigest ?? '',
    }),
    engineVersion: t.exposeString('engineVersion', { description: 'The Glassgraph that computed it.' }),
    job: t.field({
      type: Job,
      nullable: true,
      description: 'The job that computed it; DONE, unless its pass still computes what else was asked with it.',
      resolve: ({ jobId }, _, { database }) => getJob(database.db, jobId),
    }),
  }),
});
