import { listDatasets } from '../store/datasets.ts';
import { listModels } from '../store/models.ts';
import { builder } from './builder/builder.ts';
import { keysetConnection, pageAsked } from './builder/connection.ts';
import { pageArguments } from './builder/connection-types.ts';
import { refusedEarly } from './builder/early.ts';
import { DatasetConnection } from './datasets/dataset.ts';
import { ModelConnection } from './models/model.ts';
import { ModelFormat } from './shared/enums.ts';
import { Dataset, Model } from './shared/references.ts';

const ordinalOf = ({ ordinal }: { ordinal: number }): number => ordinal;

builder.queryFields((t) => ({
  model: t.field({
    type: Model,
    nullable: true,
    description:
      'A model by name, the latest version when neither version nor alias is named; null when there is no such model.',
    args: {
      name: t.arg.string({ required: true, description: 'Name of the model.' }),
      version: t.arg.string({ description: 'The name of the version.' }),
      alias: t.arg.string({ description: 'The version that this name points at, e.g. champion.' }),
    },
    resolve: (_, args, { lookups }) => lookups.model(args),
  }),
  models: t.field({
    type: ModelConnection,
    description: 'Models, newest first; the latest version of each name unless `allVersions`.',
    extensions: refusedEarly(pageAsked),
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
    description: 'A dataset by name, the latest version when none is named; null when there is no such dataset.',
    args: {
      name: t.arg.string({ required: true, description: 'Name of the dataset.' }),
      version: t.arg.string({ description: 'The name of the version.' }),
    },
    resolve: (_, args, { lookups }) => lookups.dataset(args),
  }),
  datasets: t.field({
    type: DatasetConnection,
    description: 'Datasets, newest first; the latest version of each name.',
    extensions: refusedEarly(pageAsked),
    args: { ...pageArguments(t.arg), search: t.arg.string({ description: 'Only names that contain this.' }) },
    resolve: (_, { search, ...page }, { database }) =>
      keysetConnection(page, (asked) => listDatasets(database.db, { search }, asked), ordinalOf),
  }),
}));
