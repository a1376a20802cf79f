import type { Queries } from '../../store/database.ts';
import { getDatasetById } from '../../store/datasets.ts';
import { getJob, hasEnded, type JobRow, listJobs, tellJob } from '../../store/jobs.ts';
import { getModelById } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import { keysetConnection } from '../builder/connection.ts';
import { connectionType, pageArguments } from '../builder/connection-types.ts';
import type { Context } from '../builder/context.ts';
import { decodeId, isUuid } from '../builder/ids.ts';
import { ErrorCode, JobState } from '../shared/enums.ts';
import { Dataset, Job, Model } from '../shared/references.ts';

const JobError = builder
  .objectRef<{ code: keyof typeof import('../../errors.ts').errorTable; message: string }>('JobError')
  .implement({
    description: 'Why a job failed.',
    fields: (t) => ({
      code: t.field({
        type: ErrorCode,
        description: 'The code, as in `extensions.code` of an error.',
        resolve: ({ code }) => code,
      }),
      message: t.exposeString('message', { description: 'What went wrong and what to do next.' }),
    }),
  });

/** Whoever knows a job's id may come back for it: from now on it runs whether somebody waits or not. */
async function toldId(job: JobRow, { database }: Context): Promise<string> {
  if (!job.isTold && !hasEnded(job)) await tellJob(database.db, job.id);
  return job.id;
}

builder.node(Job, {
  description:
    'A pass over rows that computes the answers to one or more questions, or a prefetch that waits for such passes.',
  id: { resolve: (job, _, context) => toldId(job, context) },
  loadWithoutCache: (id, { database }) => (isUuid(id) ? getJob(database.db, id) : null),
  fields: (t) => ({
    state: t.field({ type: JobState, description: 'Where the job stands.', resolve: ({ state }) => state }),
    title: t.exposeString('title', { description: 'What it computes, in words.' }),
    model: t.field({
      type: Model,
      nullable: true,
      description: 'The model that it runs; null when that was deleted.',
      resolve: ({ modelId }, _, { database }) => (modelId === null ? null : getModelById(database.db, modelId)),
    }),
    dataset: t.field({
      type: Dataset,
      nullable: true,
      description: 'The dataset that it reads; null when that was deleted.',
      resolve: ({ datasetId }, _, { database }) => (datasetId === null ? null : getDatasetById(database.db, datasetId)),
    }),
    rowsDone: t.field({
      type: 'SafeInt',
      description:
        'Rows read so far by this attempt, again in every sweep, and gone over in every step of t-SNE; of a prefetch, by its passes.',
      resolve: ({ rowsDone }) => rowsDone,
    }),
    rowsTotal: t.field({
      type: 'SafeInt',
      nullable: true,
      description:
        'Rows of all sweeps and steps; null while nobody knows how many there will be (a probe goes on until it has converged).',
      resolve: ({ rowsTotal }) => rowsTotal,
    }),
    fraction: t.float({
      nullable: true,
      description: 'Share that is done; null while the total is unknown.',
      resolve: ({ rowsDone, rowsTotal }) => (rowsTotal === null ? null : rowsTotal === 0 ? 1 : rowsDone / rowsTotal),
    }),
    rowsPerSecond: t.exposeFloat('rowsPerSecond', {
      nullable: true,
      description: 'Rows per second over the last seconds; in the end, over the whole attempt.',
    }),
    etaSeconds: t.float({
      nullable: true,
      description: 'Seconds until the end at this rate; null while the total is unknown.',
      resolve: ({ rowsDone, rowsTotal, rowsPerSecond, state }) =>
        state === 'RUNNING' && rowsTotal !== null && rowsPerSecond ? (rowsTotal - rowsDone) / rowsPerSecond : null,
    }),
    attempts: t.exposeInt('attempts', {
      description: 'How often it was begun; more than once when a compute process was lost.',
    }),
    error: t.field({
      type: JobError,
      nullable: true,
      description: 'Why it failed or was cancelled.',
      resolve: ({ error }) => error,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was asked for.',
      resolve: ({ createdAt }) => createdAt,
    }),
    startedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the latest attempt began.',
      resolve: ({ startedAt }) => startedAt,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ended.',
      resolve: ({ finishedAt }) => finishedAt,
    }),
  }),
});

/** By global id; undefined when there is no such job. Throws BAD_USER_INPUT for what is no id. */
export async function jobById(db: Queries, globalId: string): Promise<JobRow | undefined> {
  const { typename, id } = decodeId(globalId);
  return typename === 'Job' && isUuid(id) ? getJob(db, id) : undefined;
}

const { connection: JobConnection } = connectionType('Job', Job);

builder.queryFields((t) => ({
  job: t.field({
    type: Job,
    nullable: true,
    description: 'A job by its id; null when there is no such job.',
    args: { id: t.arg.id({ required: true, description: 'Global id, e.g. from an ANALYSIS_PENDING error.' }) },
    resolve: (_, { id }, { database }) => jobById(database.db, id),
  }),
  jobs: t.field({
    type: JobConnection,
    nullable: true,
    description: 'Jobs, newest first.',
    args: { ...pageArguments(t.arg), state: t.arg({ type: [JobState], description: 'Only jobs in these states.' }) },
    resolve: (_, { state, ...page }, { database }) =>
      keysetConnection(
        page,
        (asked) => listJobs(database.db, state ?? null, asked),
        ({ ordinal }) => ordinal,
      ),
  }),
}));
