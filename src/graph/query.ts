import { getDataset, listDatasets } from '../store/datasets.ts';
import { getJob, listJobs } from '../store/jobs.ts';
import { getModel, listModels } from '../store/models.ts';
import { summarizeResults } from '../store/results.ts';
import { builder } from './builder.ts';
import { CacheSummary } from './cache.ts';
import { keysetConnection } from './connection.ts';
import { pageArguments } from './connection-types.ts';
import { DatasetConnection } from './dataset.ts';
import { JobState, ModelFormat } from './enums.ts';
import { decodeId, isUuid } from './ids.ts';
import { JobConnection } from './job.ts';
import { ModelConnection } from './model.ts';
import { Dataset, Job, Model } from './references.ts';
import { Viewer } from './viewer.ts';

const ordinalOf = ({ ordinal }: { ordinal: number }): number => ordinal;

builder.queryFields((t) => ({
  model: t.field({
    type: Model,
    nullable: true,
    description: 'null when there is no such model; the latest version when neither version nor alias is named.',
    args: {
      name: t.arg.string({ required: true, description: 'Name of the model.' }),
      version: t.arg.string({ description: 'This version.' }),
      alias: t.arg.string({ description: 'The version that this name points at, e.g. champion.' }),
    },
    resolve: (_, args, { database }) => getModel(database.db, args),
  }),
  models: t.field({
    type: ModelConnection,
    description: 'Newest first; the latest version of each name unless `allVersions`.',
    args: {
      ...pageArguments(t.arg),
      search: t.arg.string({ description: 'Only names that contain this.' }),
      format: t.arg({ type: ModelFormat, description: 'Only models of this format.' }),
      tag: t.arg.string({ description: 'Only models with this tag.' }),
      allVersions: t.arg.boolean({
        defaultValue: false,
        description: 'Every version rather than the latest of each name.',
      }),
    },
    resolve: (_, { search, format, tag, allVersions, ...page }, { database }) =>
      keysetConnection(
        page,
        (asked) => listModels(database.db, { search, format, tag, allVersions }, asked),
        ordinalOf,
      ),
  }),
  dataset: t.field({
    type: Dataset,
    nullable: true,
    description: 'null when there is no such dataset; the latest version when none is named.',
    args: {
      name: t.arg.string({ required: true, description: 'Name of the dataset.' }),
      version: t.arg.string({ description: 'This version.' }),
    },
    resolve: (_, args, { database }) => getDataset(database.db, args),
  }),
  datasets: t.field({
    type: DatasetConnection,
    description: 'Newest first; the latest version of each name.',
    args: { ...pageArguments(t.arg), search: t.arg.string({ description: 'Only names that contain this.' }) },
    resolve: (_, { search, ...page }, { database }) =>
      keysetConnection(page, (asked) => listDatasets(database.db, { search }, asked), ordinalOf),
  }),
  job: t.field({
    type: Job,
    nullable: true,
    description: 'null when there is no such job.',
    args: { id: t.arg.id({ required: true, description: 'Global id, e.g. from an ANALYSIS_PENDING error.' }) },
    resolve: (_, { id }, { database }) => {
      const { typename, id: key } = decodeId(id);
      return typename === 'Job' && isUuid(key) ? getJob(database.db, key) : null;
    },
  }),
  jobs: t.field({
    type: JobConnection,
    nullable: true,
    description: 'Newest first.',
    args: { ...pageArguments(t.arg), state: t.arg({ type: [JobState], description: 'Only jobs in these states.' }) },
    resolve: (_, { state, ...page }, { database }) =>
      keysetConnection(page, (asked) => listJobs(database.db, state ?? null, asked), ordinalOf),
  }),
  cache: t.field({
    type: CacheSummary,
    nullable: true,
    description: 'The store of results.',
    resolve: async (_, __, { database, planner }) => ({ ...(await summarizeResults(database.db)), ...planner.counts }),
  }),
  viewer: t.field({
    type: Viewer,
    description: 'Who is asking.',
    resolve: () => ({ keyName: null, scopes: ['READ', 'ANALYZE', 'ADMIN'] as const }),
  }),
}));
