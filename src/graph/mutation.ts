import { notFound } from '../errors.ts';
import { missingModel } from '../questions/missing.ts';
import { removeDataset, removeModel } from '../registry/delete.ts';
import { registerDataset } from '../registry/register-dataset.ts';
import { assertName, registerModel } from '../registry/register-model.ts';
import type { DatasetRow } from '../store/datasets.ts';
import { getModel, type ModelRow, setAlias } from '../store/models.ts';
import { builder } from './builder/builder.ts';
import type { Context } from './builder/context.ts';
import { decodeId, isUuid } from './builder/ids.ts';
import { ModelInput } from './models/model-input.ts';
import { Dataset, Model } from './shared/references.ts';

const SourceInput = builder.inputType('SourceInput', {
  description: 'Where the bytes are.',
  isOneOf: true,
  fields: (t) => ({
    uri: t.string({ description: 'A file, folder or glob below one of the server’s source folders.' }),
    files: t.field({
      type: ['Upload'],
      description:
        'Files of a multipart request (GraphQL multipart request specification): rows, or a model with what lies beside it.',
    }),
  }),
});

const RegisterModelInput = builder.inputType('RegisterModelInput', {
  description: 'A version of a model. The same again is a success that changes nothing.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name, shared by the versions of a model.' }),
    version: t.string({ required: true, description: 'The version, unique for its name.' }),
    source: t.field({ type: SourceInput, required: true, description: 'The model’s file, or the folder with it.' }),
    manifest: t.field({
      type: 'JSON',
      description: 'What binds it to rows: docs/manifest.md. It lies beside the model as manifest.json when omitted.',
    }),
    description: t.string({ description: 'A description for people.' }),
    tags: t.stringList({ description: 'Tags for finding it.' }),
  }),
});

const RegisterDatasetInput = builder.inputType('RegisterDatasetInput', {
  description: 'A version of a dataset. The same again is a success that changes nothing.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'The name, shared by the versions of a dataset.' }),
    version: t.string({ required: true, description: 'The version, unique for its name.' }),
    source: t.field({
      type: SourceInput,
      required: true,
      description:
        'Parquet, CSV or JSON Lines: docs/data.md. Parquet below a source folder is read in place, the rest is copied.',
    }),
    label: t.string({
      description:
        'Column with 0 and 1, or with `positive` of any values. Null, NaN and, in text, the empty string, NA, N/A, NaN, nan, NULL, null and None are no label.',
    }),
    positive: t.string({
      description:
        'The value of the label that counts as 1, as text, e.g. "yes"; every other label counts as 0. It is left out where the label is 0 and 1.',
    }),
    groupBy: t.string({ description: 'Column that groups rows for GAUC, e.g. the user.' }),
    partitionBy: t.string({ description: 'Column whose values are the partitions, e.g. the day.' }),
    description: t.string({ description: 'A description for people.' }),
  }),
});

const SetModelAliasInput = builder.inputType('SetModelAliasInput', {
  description: 'A name for a version.',
  fields: (t) => ({
    model: t.field({ type: ModelInput, required: true, description: 'The version that is meant.' }),
    alias: t.string({ required: true, description: 'The name, e.g. champion.' }),
  }),
});

const DeleteInput = builder.inputType('DeleteInput', {
  description: 'What to delete.',
  fields: (t) => ({ id: t.id({ required: true, description: 'The global id of what is meant.' }) }),
});

const RegisterModelPayload = builder.objectRef<{ model: ModelRow }>('RegisterModelPayload').implement({
  description: 'A version that is registered.',
  fields: (t) => ({
    model: t.field({ type: Model, description: 'The version that is meant.', resolve: ({ model }) => model }),
  }),
});

const SetModelAliasPayload = builder
  .objectRef<{ model: ModelRow; previous: ModelRow | undefined }>('SetModelAliasPayload')
  .implement({
    description: 'Both versions whose aliases have changed, so that clients’ caches learn of both.',
    fields: (t) => ({
      model: t.field({
        type: Model,
        description: 'The version that has the alias now.',
        resolve: ({ model }) => model,
      }),
      previous: t.field({
        type: Model,
        nullable: true,
        description:
          'The version that had the alias; null when none had it, and the same as `model` when it had it already.',
        resolve: ({ previous }) => previous,
      }),
    }),
  });

const RegisterDatasetPayload = builder.objectRef<{ dataset: DatasetRow }>('RegisterDatasetPayload').implement({
  description: 'A version that is registered.',
  fields: (t) => ({
    dataset: t.field({ type: Dataset, description: 'The version that is meant.', resolve: ({ dataset }) => dataset }),
  }),
});

const DeletePayload = builder.objectRef<{ deletedId: string }>('DeletePayload').implement({
  description: 'What was deleted.',
  fields: (t) => ({ deletedId: t.exposeID('deletedId', { description: 'Global id that is no more.' }) }),
});

/** Deletes by global id. Throws NOT_FOUND when there is no such thing of that type. */
async function deleteBy(
  typename: 'Model' | 'Dataset',
  globalId: string,
  remove: (id: string) => Promise<boolean>,
): Promise<{ deletedId: string }> {
  const decoded = decodeId(globalId);
  const isPossible = decoded.typename === typename && isUuid(decoded.id);
  if (!isPossible || !(await remove(decoded.id))) throw notFound(typename.toLowerCase(), globalId);
  return { deletedId: globalId };
}

/** Whoever asks afterwards sees what has changed. */
const changing = <Changed>({ lookups, planner }: Context, change: Promise<Changed>): Promise<Changed> =>
  change.finally(() => {
    lookups.forget();
    planner.forget();
  });

builder.mutationFields((t) => ({
  registerModel: t.field({
    type: RegisterModelPayload,
    nullable: true,
    description: 'Check a model, rewrite it into the server’s home and make it known.',
    args: { input: t.arg({ type: RegisterModelInput, required: true, description: 'The model to register.' }) },
    resolve: async (_, { input }, context) => ({ model: await changing(context, registerModel(context, input)) }),
  }),
  registerDataset: t.field({
    type: RegisterDatasetPayload,
    nullable: true,
    description: 'Check rows and make them known.',
    args: { input: t.arg({ type: RegisterDatasetInput, required: true, description: 'The dataset to register.' }) },
    resolve: async (_, { input }, context) => ({
      dataset: await changing(context, registerDataset(context, input)),
    }),
  }),
  setModelAlias: t.field({
    type: SetModelAliasPayload,
    nullable: true,
    description: 'Point a name such as champion at a version; another version of the same model loses it.',
    args: { input: t.arg({ type: SetModelAliasInput, required: true, description: 'The version and the name.' }) },
    resolve: async (_, { input }, context) => {
      const { database } = context;
      assertName('alias', input.alias);
      const model = await getModel(database.db, input.model);
      if (model === undefined) throw await missingModel(database.db, input.model);
      return { model, previous: await changing(context, setAlias(database.db, model, input.alias)) };
    },
  }),
  deleteModel: t.field({
    type: DeletePayload,
    nullable: true,
    description: 'Delete a version of a model; its results go too, its reviews stay.',
    args: { input: t.arg({ type: DeleteInput, required: true, description: 'The version that is meant.' }) },
    resolve: (_, { input }, context) =>
      deleteBy('Model', input.id, (id) => changing(context, removeModel(context, id))),
  }),
  deleteDataset: t.field({
    type: DeletePayload,
    nullable: true,
    description: 'Delete a version of a dataset; its results and copies go too, files that are read in place stay.',
    args: { input: t.arg({ type: DeleteInput, required: true, description: 'The version that is meant.' }) },
    resolve: (_, { input }, context) =>
      deleteBy('Dataset', input.id, (id) => changing(context, removeDataset(context, id))),
  }),
}));
