import type { EvaluationResult } from '../analysis/evaluation.ts';
import type { ExecutorName, ModelFormat as Format } from '../compute/executor.ts';
import { executorNamed } from '../compute/executors.ts';
import { publicManifest } from '../data/manifest.ts';
import { badUserInput } from '../errors.ts';
import { aliasesOf, getModelById, listModels } from '../store/models.ts';
import { ask } from './ask.ts';
import { builder } from './builder.ts';
import { keysetConnection, listConnection } from './connection.ts';
import { connectionType, pageArguments } from './connection-types.ts';
import { LayerKind, ModelFormat } from './enums.ts';
import { Evaluation } from './evaluation.ts';
import { Executor } from './executor.ts';
import { featuresOf, groupsOf } from './feature.ts';
import { isUuid } from './ids.ts';
import { LayerConnection, layerNamed, layersOf } from './layer.ts';
import { Feature, FeatureGroup, Layer, Model } from './references.ts';
import { RowsInput } from './rows-input.ts';
import { ScoreBinding } from './score.ts';
import { TensorSpec } from './tensor.ts';

export const { connection: ModelConnection } = connectionType('Model', Model);

builder.node(Model, {
  description:
    'One immutable version of a model. `digest` covers the bytes of its files and the manifest in force, vocabularies included.',
  id: { resolve: ({ id }) => id },
  loadWithoutCache: (id, { database }) => (isUuid(id) ? getModelById(database.db, id) : null),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Shared by the versions of a model.' }),
    version: t.exposeString('version', { description: 'Unique for its name.' }),
    digest: t.exposeString('digest', { description: 'SHA-256, hex: equal digests, equal answers.' }),
    description: t.exposeString('description', { nullable: true, description: 'As registered.' }),
    tags: t.exposeStringList('tags', { description: 'As registered.' }),
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
    sizeBytes: t.field({ type: 'SafeInt', description: 'Of its files.', resolve: ({ sizeBytes }) => sizeBytes }),
    parameterCount: t.field({
      type: 'SafeInt',
      description: 'Weights, each counted once.',
      resolve: ({ graph }) => graph.parameterCount,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was registered.',
      resolve: ({ createdAt }) => createdAt,
    }),
    inputs: t.field({ type: [TensorSpec], description: 'What it takes.', resolve: ({ graph }) => graph.inputs }),
    outputs: t.field({ type: [TensorSpec], description: 'What it answers.', resolve: ({ graph }) => graph.outputs }),
    score: t.field({
      type: ScoreBinding,
      description: 'What the model predicts.',
      resolve: ({ manifest }) => manifest.score,
    }),
    manifest: t.field({
      type: 'JSON',
      description: 'The manifest in force, complete, as it could be registered again.',
      resolve: ({ manifest }) => publicManifest(manifest),
    }),
    features: t.field({ type: [Feature], description: 'In the manifest’s order.', resolve: featuresOf }),
    featureGroups: t.field({
      type: [FeatureGroup],
      description: 'In the order in which the manifest first names them.',
      resolve: groupsOf,
    }),
    layers: t.field({
      type: LayerConnection,
      description: 'In topological order.',
      args: {
        ...pageArguments(t.arg),
        kind: t.arg({ type: [LayerKind], description: 'Only layers of these kinds.' }),
      },
      resolve: (model, { kind, ...page }) =>
        listConnection(
          page,
          layersOf(model).filter(({ layer }) => kind == null || kind.includes(layer.kind)),
        ),
    }),
    layer: t.field({
      type: Layer,
      nullable: true,
      description: 'The layer of this name; null when there is none.',
      args: { name: t.arg.string({ required: true, description: 'The name of its output tensor.' }) },
      resolve: (model, { name }) => layerNamed(model, name),
    }),
    versions: t.field({
      type: ModelConnection,
      description: 'Of the same name, newest first.',
      args: pageArguments(t.arg),
      resolve: ({ name }, args, { database }) =>
        keysetConnection(
          args,
          (page) => listModels(database.db, { name, allVersions: true }, page),
          ({ ordinal }) => ordinal,
        ),
    }),
    evaluation: t.field({
      type: Evaluation,
      nullable: true,
      description: 'Quality on labelled rows.',
      args: { rows: t.arg({ type: RowsInput, required: true, description: 'Rows of a dataset with a label.' }) },
      resolve: (model, { rows }, context) => {
        if (model.manifest.score.space === 'VALUE')
          throw badUserInput('rows', 'The score of this model is a VALUE, which no 0/1 label can be compared with.');
        return ask<EvaluationResult>(context, 'evaluation', {}, model, rows);
      },
    }),
  }),
});
