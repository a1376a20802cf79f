import { covarianceOf, distributionOf, extremesOf } from '../questions/layers.ts';
import type { LayerOnRows } from '../questions/structure.ts';
import type { Questions } from './ahead.ts';
import type { Context } from './context.ts';

const ofExtremes = (of: LayerOnRows, _: unknown, context: Context) => extremesOf(context, of);
const ofCovariance = (of: LayerOnRows, _: unknown, context: Context) => covarianceOf(context, of);
const ofDistribution = (of: LayerOnRows, _: unknown, context: Context) => distributionOf(context, of);

/** Fields of statistics, of a layer or of its neurons, that are questions of their own. */
export const layerQuestions: Questions<LayerOnRows> = {
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
