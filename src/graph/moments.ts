import type { GraphQLResolveInfo } from 'graphql';
import type { MomentsResult } from '../analysis/moments.ts';
import { analysisFailed } from '../errors.ts';
import { askAhead } from './ahead.ts';
import { ask, type RowsArgument } from './ask.ts';
import type { Context } from './context.ts';
import { layerQuestions } from './layer-questions.ts';
import type { LayerOfModel, MomentsOfLayer } from './references.ts';

/**
 * What the neurons of a layer do on rows, and ahead of it whatever else the query wants of them: in fields below `path`.
 * Throws ANALYSIS_FAILED for a layer whose values are not finite: no moment of it exists.
 */
export async function momentsOf(
  { model, layer }: LayerOfModel,
  rows: RowsArgument,
  context: Context,
  info: GraphQLResolveInfo,
  path: readonly string[] = [],
): Promise<MomentsOfLayer> {
  askAhead(layerQuestions, { model, layer, rows }, context, info, path);
  const answer = await ask<MomentsResult>(context, 'moments', { layer: layer.name }, model, rows);
  const bad = answer.value.mean.findIndex((mean) => !Number.isFinite(mean));
  if (bad >= 0)
    throw analysisFailed(
      `Neuron ${bad} of the layer “${layer.name}” is infinite or NaN on some row; it has no moments.`,
      { layer: layer.name, neuron: bad },
    );
  return { model, layer, rows, moments: answer.value, provenance: answer.provenance };
}

/** A unit counts as saturated when nearly all of its observations lie at a bound of its activation. */
const saturatedFrom = 0.95;

export const isDead = ({ minimum, maximum }: MomentsResult, unit: number): boolean => minimum[unit] === maximum[unit];
export const zeroFraction = ({ zeroCount, observationCount }: MomentsResult, unit: number): number =>
  (zeroCount[unit] as number) / observationCount;
export const saturatedFraction = ({ saturatedCount, observationCount }: MomentsResult, unit: number): number =>
  (saturatedCount[unit] as number) / observationCount;
export const isSaturated = (moments: MomentsResult, unit: number): boolean =>
  saturatedFraction(moments, unit) >= saturatedFrom;
