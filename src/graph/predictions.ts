import type { PredictCall, Prediction as Predicted } from '../pass/protocol.ts';
import type { ModelRow } from '../store/models.ts';
import { atOnce, writtenRows } from './at-once.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { Model } from './references.ts';
import { outputTarget, TargetInput } from './target.ts';

const Prediction = builder.objectRef<Predicted>('Prediction').implement({
  description: 'What a model makes of a row.',
  fields: (t) => ({
    score: t.exposeFloat('score', {
      description: 'Of the model, whatever the target: a probability, unless its score is a VALUE.',
    }),
    target: t.exposeFloat('target', { description: 'What was asked for: the logit unless said otherwise.' }),
  }),
});

async function predictionsOf(
  model: ModelRow,
  rows: readonly unknown[],
  target: typeof TargetInput.$inferInput | null | undefined,
  context: Context,
): Promise<Predicted[]> {
  const written = writtenRows(rows);
  if (written.length === 0) return [];
  const call: PredictCall = {
    model: { artifact: model.artifact, graph: model.graph, manifest: model.manifest },
    rows: written,
    target: outputTarget(model, target),
    environment: context.environment,
  };
  return (await atOnce('predict', call, context)) as Predicted[];
}

builder.objectField(Model, 'predictions', (t) =>
  t.field({
    type: [Prediction],
    nullable: true,
    description:
      'Score rows written by hand: feature name to raw value, as in a dataset; missing features take their missing value.',
    args: {
      rows: t.arg({ type: ['JSON'], required: true, description: 'At most 1,000.' }),
      target: t.arg({ type: TargetInput, description: 'What `target` of the answer is.' }),
    },
    resolve: (model, { rows, target }, context) => predictionsOf(model, rows, target, context),
  }),
);
