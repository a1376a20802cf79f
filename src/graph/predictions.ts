import type { TargetSpace } from '../analysis/target.ts';
import { ComputeProcessLost } from '../compute/process/lost.ts';
import type { WrittenRow } from '../data/written-rows.ts';
import { analysisFailed, badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import type { PredictCall, Prediction as Predicted } from '../pass/protocol.ts';
import type { ModelRow } from '../store/models.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { Model } from './references.ts';
import { scoreTarget, TargetInput } from './target.ts';

const Prediction = builder.objectRef<Predicted>('Prediction').implement({
  description: 'What a model makes of a row.',
  fields: (t) => ({
    score: t.exposeFloat('score', { description: 'A probability, or the value of a model whose score is a VALUE.' }),
    target: t.exposeFloat('target', { description: 'What was asked for: the logit unless said otherwise.' }),
  }),
});

/** Asked of a warm compute process, beside whatever passes run: no job, nothing kept. */
async function predictionsOf(
  model: ModelRow,
  rows: readonly unknown[],
  target: typeof TargetInput.$inferInput | null | undefined,
  { pool, environment, request }: Context,
): Promise<Predicted[]> {
  if (rows.length > analysisLimits.writtenRowCount)
    throw badUserInput(
      'rows',
      `\`rows\` has ${rows.length} rows; the most is ${analysisLimits.writtenRowCount}. Register a dataset.`,
    );
  if (rows.length === 0) return [];
  const element = scoreTarget(model, target);
  const space: TargetSpace = target?.space ?? 'LOGIT';
  const call: PredictCall = {
    model: { artifact: model.artifact, graph: model.graph, manifest: model.manifest },
    rows: rows as WrittenRow[],
    target: element === undefined ? { space } : { element, space },
    environment,
  };
  try {
    return (await pool.run('predict', call, { signal: request.signal })) as Predicted[];
  } catch (error) {
    if (!(error instanceof ComputeProcessLost)) throw error;
    throw analysisFailed(`The model brought its compute process down on these rows: ${error.message}.`);
  }
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
