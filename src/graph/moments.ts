import type { GraphQLResolveInfo } from 'graphql';
import type { MomentsResult } from '../analysis/moments.ts';
import { analysisFailed } from '../errors.ts';
import { askAhead } from './ahead.ts';
import { ask, type RowsArgument } from './ask.ts';
import type { Context } from './context.ts';
import { layerQuestions } from './layer-questions.ts';
import type { LayerOfModel, MomentsOfLayer } from './references.ts';

/**
 * What the neurons of a layer do on rows, and ahead of it whatever else the query wants of them: in fields below one of `paths`.
 * Throws ANALYSIS_FAILED for a layer whose values are not finite: no moment of it exists.
 */
export async function momentsOf(
  { model, layer }: LayerOfModel,
  rows: RowsArgument,
  context: Context,
  info: GraphQLResolveInfo,
  paths: readonly (readonly string[])[] = [[]],
): Promise<MomentsOfLayer> {
  for (const path of paths) askAhead(layerQuestions, { model, layer, rows }, context, info, path);
  const answer = await ask<MomentsResult>(context, 'moments', { layer: layer.name }, model, rows);
  const { mean, standardDeviation } = answer.value;
  const bad = mean.findIndex((value, unit) => !Number.isFinite(value + (standardDeviation[unit] as number)));
  if (bad >= 0)
    throw analysisFailed(
      `Neuron ${bad} of the layer “${layer.name}” is infinite, NaN or too large on some row; it has no moments.`,
      { layer: layer.name, neuron: bad },
    );
  return { model, layer, rows, moments: answer.value, provenance: answer.provenance };
}

/** Constant on every observation. */
export const isDead = ({ standardDeviation }: MomentsResult, unit: number): boolean => standardDeviation[unit] === 0;
