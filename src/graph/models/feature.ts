import type { ModelGraph } from '../../compute/graph.ts';
import { elementCount, type TensorSpec as Spec } from '../../compute/tensor.ts';
import { type Carrier, carriersOf, lookupsOf } from '../../data/manifest/carriers.ts';
import type { FeatureBinding } from '../../data/manifest/manifest.ts';
import { filledDims, rowWidth } from '../../data/manifest/slots.ts';
import { featuresOf, groupsOf } from '../../questions/structure.ts';
import type { ModelRow } from '../../store/models.ts';
import { getModelById } from '../../store/models.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { idParts, partsId } from '../builder/ids.ts';
import { FeatureKind } from '../shared/enums.ts';
import { Feature, FeatureGroup, Model } from '../shared/references.ts';
import { TensorSpec } from '../shared/tensor.ts';

/** A part of a model by its global id: the model's id and the part's name. */
async function partById<Part>(
  id: string,
  { database }: Context,
  find: (model: ModelRow, name: unknown) => Part | undefined,
): Promise<Part | null> {
  const parts = idParts(id);
  const model = parts && (await getModelById(database.db, String(parts[0])));
  return (model && find(model, parts[1])) ?? null;
}

/** Of a carrier, as far as it belongs to its feature: the tensor itself, or places of its rows, on one axis. */
function partSpec({ tensors }: ModelGraph, { tensor, places, size }: Carrier): Spec {
  const { name, dtype, shape } = tensors.find((spec) => spec.name === tensor) as Spec;
  if (rowWidth(shape) === places.length * size) return { name, dtype, shape };
  const [rows = null, ...dims] = shape;
  const behindPlaces = dims.findIndex((_, axis) => rowWidth([rows, ...dims.slice(axis + 1)]) === size);
  return { name, dtype, shape: [rows, places.length, ...(behindPlaces < 0 ? [] : dims.slice(behindPlaces + 1))] };
}

/** Whether its input has one value a row. */
function isOnlySlot({ graph, manifest }: ModelRow, { input }: FeatureBinding): boolean {
  const spec = graph.inputs.find(({ name }) => name === input);
  return spec !== undefined && elementCount(filledDims(spec, manifest.features)) === 1;
}

builder.node(Feature, {
  description: 'One field of the model’s input, bound to a column of a dataset.',
  id: { resolve: ({ model, feature }) => partsId([model.id, feature.name]) },
  loadWithoutCache: (id, context) =>
    partById(id, context, (model, name) => featuresOf(model).find(({ feature }) => feature.name === name)),
  fields: (t) => ({
    model: t.field({ type: Model, description: 'The model that reads it.', resolve: ({ model }) => model }),
    name: t.string({ description: 'Unique in its model.', resolve: ({ feature }) => feature.name }),
    kind: t.field({
      type: FeatureKind,
      description: 'How it enters the model.',
      resolve: ({ feature }) => feature.kind,
    }),
    column: t.string({ description: 'The dataset’s column that it reads.', resolve: ({ feature }) => feature.column }),
    input: t.string({ description: 'The model’s input that it fills.', resolve: ({ feature }) => feature.input }),
    index: t.int({
      nullable: true,
      description:
        'Where in that input the field lies: its place among the values of one row, from 0 on, in row-major order over all axes but the batch. It is null where they are but one.',
      resolve: ({ model, feature }) => (isOnlySlot(model, feature) ? null : feature.index),
    }),
    carriers: t.field({
      type: [TensorSpec],
      description:
        'The differentiable tensors that carry this field: the outputs of its embedding lookups (an id often feeds a wide and a deep table, or a table for each field pair), the input’s own slot for numbers. Attributions are over all of them together.',
      resolve: ({ model, feature }) =>
        carriersOf(model.graph, feature).map((carrier) => partSpec(model.graph, carrier)),
    }),
    cardinality: t.field({
      type: 'SafeInt',
      nullable: true,
      description: 'Distinct values that the model knows: the largest of its tables; null without one.',
      resolve: ({ model, feature }) =>
        Math.max(0, ...lookupsOf(model.graph, feature).map(({ lookup }) => lookup.entryCount)) || null,
    }),
    group: t.field({
      type: FeatureGroup,
      nullable: true,
      description: 'The group that it belongs to, if the manifest names one.',
      resolve: ({ model, feature: { group } }) => (group === undefined ? null : { model, group }),
    }),
  }),
});

builder.node(FeatureGroup, {
  description: 'Features that belong together, by the manifest.',
  id: { resolve: ({ model, group }) => partsId([model.id, group]) },
  loadWithoutCache: (id, context) =>
    partById(id, context, (model, name) => groupsOf(model).find(({ group }) => group === name)),
  fields: (t) => ({
    model: t.field({ type: Model, description: 'The model that reads them.', resolve: ({ model }) => model }),
    name: t.string({ description: 'Unique in its model.', resolve: ({ group }) => group }),
    features: t.field({
      type: [Feature],
      description: 'Features in the manifest’s order.',
      resolve: ({ model, group }) => featuresOf(model).filter(({ feature }) => feature.group === group),
    }),
  }),
});
