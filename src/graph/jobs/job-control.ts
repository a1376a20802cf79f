import { badUserInput, notFound } from '../../errors.ts';
import { getJob, type JobRow } from '../../store/jobs.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { Job } from '../shared/references.ts';
import { jobById } from './job.ts';

const PrefetchInput = builder.inputType('PrefetchInput', {
  description: 'A query document that will be asked later.',
  fields: (t) => ({
    query: t.string({ required: true, description: 'The document to compute.' }),
    operationName: t.string({ description: 'Name of the operation, when it has several.' }),
    variables: t.field({ type: 'JSON', description: 'Values of its variables, by name.' }),
  }),
});

const CancelJobInput = builder.inputType('CancelJobInput', {
  description: 'Which job to cancel.',
  fields: (t) => ({ id: t.id({ required: true, description: 'Global id of the job.' }) }),
});

const jobPayload = (name: string, description: string) =>
  builder.objectRef<{ job: JobRow }>(name).implement({
    description,
    fields: (t) => ({ job: t.field({ type: Job, description: 'The job that is meant.', resolve: ({ job }) => job }) }),
  });
const PrefetchPayload = jobPayload('PrefetchPayload', 'The job that waits for the passes of the document.');
const CancelJobPayload = jobPayload('CancelJobPayload', 'The job as it has ended.');

/** Throws NOT_FOUND. */
async function existingJob(id: string, { database }: Context): Promise<JobRow> {
  const job = await jobById(database.db, id);
  if (job === undefined) throw notFound('job', id);
  return job;
}

builder.mutationFields((t) => ({
  prefetch: t.field({
    type: PrefetchPayload,
    nullable: true,
    description: 'Compute in the background what a query document asks for; poll or subscribe to the job.',
    args: { input: t.arg({ type: PrefetchInput, required: true, description: 'The document to compute.' }) },
    resolve: async (_, { input: { query, operationName = null, variables = null } }, { jobs }) => ({
      job: await jobs.prefetch({ query, operationName, variables: asVariables(variables) }),
    }),
  }),
  cancelJob: t.field({
    type: CancelJobPayload,
    nullable: true,
    description:
      'Cancel a job. Whoever else waits for the same result gets CANCELLED too; a prefetch leaves alone the passes that others wait for. A job that has ended stays as it ended.',
    args: { input: t.arg({ type: CancelJobInput, required: true, description: 'The job that is meant.' }) },
    resolve: async (_, { input: { id } }, context) => {
      const job = await existingJob(id, context);
      await context.jobs.cancel(job);
      return { job: (await getJob(context.database.db, job.id)) ?? job };
    },
  }),
}));

function asVariables(variables: unknown): Readonly<Record<string, unknown>> {
  if (variables === null) return {};
  if (typeof variables === 'object' && !Array.isArray(variables)) return variables as Record<string, unknown>;
  throw badUserInput('input.variables', '`variables` must be a JSON object: the name of each variable, and its value.');
}

builder.subscriptionField('job', (t) =>
  t.field({
    type: Job,
    description: 'The state now, then every change of state or progress, ending with DONE, FAILED or CANCELLED.',
    args: { id: t.arg.id({ required: true, description: 'Global id, e.g. from an ANALYSIS_PENDING error.' }) },
    subscribe: async (_, { id }, context) => {
      const job = await existingJob(id, context);
      return context.jobs.watch.follow(job.id, context.request.signal);
    },
    resolve: (job, _, context) => {
      // Each event is an answer of its own, with the limit of one.
      context.fieldCount = 0;
      return job;
    },
  }),
);
