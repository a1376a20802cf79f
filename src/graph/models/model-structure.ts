import { ownInputs } from '../../compute/graph.ts';
import { publicManifest } from '../../data/manifest/manifest.ts';
import { featuresOf, groupsOf, layerNamed, layersOf } from '../../questions/structure.ts';
import { builder } from '../builder/builder.ts';
import { listConnection, pageAsked } from '../builder/connection.ts';
import { pageArguments } from '../builder/connection-types.ts';
import { refusedEarly } from '../builder/early.ts';
import { LayerConnection } from '../layers/layer.ts';
import { LayerKind } from '../shared/enums.ts';
import { Feature, FeatureGroup, Layer, Model } from '../shared/references.ts';
import { TensorSpec } from '../shared/tensor.ts';
import { ScoreBinding } from './score.ts';

/** What a model is made of. */
builder.objectFields(Model, (t) => ({
  inputs: t.field({
    type: [TensorSpec],
    description: 'The tensors that it takes.',
    resolve: ({ graph }) => ownInputs(graph),
  }),
  outputs: t.field({
    type: [TensorSpec],
    description: 'The tensors that it answers with.',
    resolve: ({ graph }) => graph.outputs,
  }),
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
  features: t.field({ type: [Feature], description: 'Features in the manifest’s order.', resolve: featuresOf }),
  featureGroups: t.field({
    type: [FeatureGroup],
    description: 'Groups in the order in which the manifest first names them.',
    resolve: groupsOf,
  }),
  layers: t.field({
    type: LayerConnection,
    description: 'Layers in topological order.',
    extensions: refusedEarly(pageAsked),
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
}));
