import type { GraphQLResolveInfo } from 'graphql';
import { type MomentsResult, moments } from '../analysis/units/moments.ts';
import { notFiniteRow } from '../analysis/units/not-finite-row.ts';
import { analysisFailed } from '../errors.ts';
import { ask, type RowsArgument } from '../questions/ask.ts';
import type { MomentsOfLayer } from '../questions/layers.ts';
import type { LayerOfModel } from '../questions/structure.ts';
import { askAhead } from './ahead.ts';
import type { Context } from './context.ts';
import { layerQuestions } from './layer-questions.ts';

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
  const answer = await ask(context, moments, { layer: layer.name }, { model, rows });
  const neuron = answer.value.mean.findIndex((_, unit) => !isFiniteAt(answer.value, unit));
  if (neuron >= 0) {
    const { row } = (await ask(context, notFiniteRow, { layer: layer.name, unit: neuron }, { model, rows })).value;
    throw analysisFailed(
      `Neuron ${neuron} of the layer “${layer.name}” has no moments: it is infinite, NaN or too large on ` +
        `${row === null ? 'some row' : `row ${row}`}. Leave such rows out with \`rows.where\`.`,
      { layer: layer.name, neuron, ...(row !== null && { row }) },
    );
  }
  return { model, layer, rows, moments: answer.value, provenance: answer.provenance };
}

const isFiniteAt = ({ mean, standardDeviation }: MomentsResult, unit: number): boolean =>
  Number.isFinite((mean[unit] as number) + (standardDeviation[unit] as number));
