import type { ExecutorName, ModelFormat as Format } from '../../compute/executor.ts';
import { executorNamed } from '../../compute/executors.ts';
import { aliasesOf, getModelById, listModels } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import { keysetConnection, pageAsked } from '../builder/connection.ts';
import { connectionType, pageArguments } from '../builder/connection-types.ts';
import { refusedEarly } from '../builder/early.ts';
import { isUuid } from '../builder/ids.ts';
import { ModelFormat } from '../shared/enums.ts';
import { Model } from '../shared/references.ts';
import { Executor } from './executor.ts';
import { ModelWarningType, neverExamined } from './model-warning.ts';

export const { connection: ModelConnection } = connectionType('Model', Model);

builder.node(Model, {
  description:
    'One immutable version of a model. `digest` covers the bytes of its files and the manifest in force, vocabularies included.',
  id: { resolve: ({ id }) => id },
  loadWithoutCache: (id, { database }) => (isUuid(id) ? getModelById(database.db, id) : null),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name, shared by the versions of a model.' }),
    version: t.exposeString('version', { description: 'The version, unique for its name.' }),
    digest: t.exposeString('digest', { description: 'SHA-256, hex: equal digests, equal answers.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'The description that it was registered with.',
    }),
    tags: t.exposeStringList('tags', { description: 'The tags that it was registered with.' }),
    aliases: t.stringList({
      description: 'Names that point at this version, e.g. champion.',
      resolve: ({ id }, _, { database }) => aliasesOf(database.db, id),
    }),
    format: t.field({
      type: ModelFormat,
      description: 'How it was exported.',
      resolve: ({ format }) => format as Format,
    }),
    executor: t.field({
      type: Executor,
      description: 'The backend that runs it.',
      resolve: async ({ executor }) => (await executorNamed(executor as ExecutorName)).info,
    }),
    sizeBytes: t.field({ type: 'SafeInt', description: 'Bytes of its files.', resolve: ({ sizeBytes }) => sizeBytes }),
    parameterCount: t.field({
      type: 'SafeInt',
      description:
        'Number of weights of any type, each counted once; scales and zero points of quantised ones are none.',
      resolve: ({ graph }) => graph.parameterCount,
    }),
    warnings: t.field({
      type: [ModelWarningType],
      description:
        'What registration found that its owner should know: rows that see each other in a batch, an output whose space is a guess, entries of a table that nothing can reach.',
      resolve: ({ warnings }) => warnings ?? [neverExamined],
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was registered.',
      resolve: ({ createdAt }) => createdAt,
    }),
    versions: t.field({
      type: ModelConnection,
      description: 'Versions of the same name, newest first.',
      extensions: refusedEarly(pageAsked),
      args: pageArguments(t.arg),
      resolve: ({ name }, args, { database }) =>
        keysetConnection(
          args,
          (page) => listModels(database.db, { name, allVersions: true }, page),
          ({ ordinal }) => ordinal,
        ),
    }),
  }),
});
