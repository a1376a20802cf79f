import type { GraphQLResolveInfo } from 'graphql';
import {
  covarianceOf,
  distributionOf,
  extremesOf,
  type MomentsOfLayer,
  momentsOf,
} from '../../questions/layers/layers.ts';
import type { LayerOnRows } from '../../questions/structure.ts';
import { askAhead, type Questions } from '../builder/ahead.ts';
import type { Context } from '../builder/context.ts';

const ofExtremes = (of: LayerOnRows, _: unknown, context: Context) => extremesOf(context, of);
const ofCovariance = (of: LayerOnRows, _: unknown, context: Context) => covarianceOf(context, of);
const ofDistribution = (of: LayerOnRows, _: unknown, context: Context) => distributionOf(context, of);

/** Fields of statistics, of a layer or of its neurons, that are questions of their own. */
const layerQuestions: Questions<LayerOnRows> = {
  minimum: ofExtremes,
  maximum: ofExtremes,
  zeroFraction: ofExtremes,
  saturatedFraction: ofExtremes,
  saturated: ofExtremes,
  saturatedUnits: ofExtremes,
  effectiveRank: ofCovariance,
  correlations: ofCovariance,
  quantiles: ofDistribution,
  histogram: ofDistribution,
};

/** What the neurons of a layer do on rows, and ahead of it whatever else the query wants of them: in fields below one of `paths`. */
export function momentsAsked(
  { model, layer, rows }: LayerOnRows,
  context: Context,
  info: GraphQLResolveInfo,
  paths: readonly (readonly string[])[] = [[]],
): Promise<MomentsOfLayer> {
  const of = { model, layer, rows };
  for (const path of paths) askAhead(layerQuestions, of, context, info, path);
  return momentsOf(context, of);
}
