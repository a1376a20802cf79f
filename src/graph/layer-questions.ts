import { type CovarianceResult, covariance } from '../analysis/units/covariance.ts';
import { type DistributionResult, distribution } from '../analysis/units/distribution.ts';
import { type ExtremesResult, extremes } from '../analysis/units/extremes.ts';
import { ask } from '../questions/ask.ts';
import type { Questions } from './ahead.ts';
import type { Context } from './context.ts';
import type { LayerOnRows } from './references.ts';

export const extremesOf = async (of: LayerOnRows, context: Context): Promise<ExtremesResult> =>
  (await ask(context, extremes, { layer: of.layer.name }, of)).value;

export const covarianceOf = async (of: LayerOnRows, context: Context): Promise<CovarianceResult> =>
  (await ask(context, covariance, { layer: of.layer.name }, of)).value;

export const distributionOf = async (of: LayerOnRows, context: Context): Promise<DistributionResult> =>
  (await ask(context, distribution, { layer: of.layer.name }, of)).value;

/** Fields of statistics, of a layer or of its neurons, that are questions of their own. */
export const layerQuestions: Questions<LayerOnRows> = {
  ...Object.fromEntries(
    ['minimum', 'maximum', 'zeroFraction', 'saturatedFraction', 'saturated', 'saturatedUnits'].map((field) => [
      field,
      (of: LayerOnRows, _: unknown, context: Context) => extremesOf(of, context),
    ]),
  ),
  effectiveRank: (of, _, context) => covarianceOf(of, context),
  correlations: (of, _, context) => covarianceOf(of, context),
  quantiles: (of, _, context) => distributionOf(of, context),
  histogram: (of, _, context) => distributionOf(of, context),
};
