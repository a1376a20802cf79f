import type { CovarianceResult } from '../analysis/covariance.ts';
import type { DistributionResult } from '../analysis/distribution.ts';
import type { ExtremesResult } from '../analysis/extremes.ts';
import type { Questions } from './ahead.ts';
import { ask } from './ask.ts';
import type { Context } from './context.ts';
import type { LayerOnRows } from './references.ts';

const read = async <Result>({ model, layer, rows }: LayerOnRows, name: string, context: Context): Promise<Result> =>
  (await ask<Result>(context, name, { layer: layer.name }, model, rows)).value;

export const extremesOf = (of: LayerOnRows, context: Context): Promise<ExtremesResult> => read(of, 'extremes', context);

export const covarianceOf = (of: LayerOnRows, context: Context): Promise<CovarianceResult> =>
  read(of, 'covariance', context);

export const distributionOf = (of: LayerOnRows, context: Context): Promise<DistributionResult> =>
  read(of, 'distribution', context);

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
