import { type CovarianceResult, covariance } from '../analysis/units/covariance.ts';
import { type DistributionResult, distribution } from '../analysis/units/distribution.ts';
import { type ExtremesResult, extremes } from '../analysis/units/extremes.ts';
import type { MomentsResult } from '../analysis/units/moments.ts';
import type { Provenance } from '../planner/question.ts';
import { ask } from './ask.ts';
import type { Asker } from './asker.ts';
import type { LayerOnRows } from './structure.ts';

/** What the neurons of a layer do on rows; what is read off it lies in layer-figures.ts. */
export interface MomentsOfLayer extends LayerOnRows {
  readonly moments: MomentsResult;
  readonly provenance: Provenance;
}
export interface MomentsOfNeuron extends MomentsOfLayer {
  readonly unit: number;
}

export const extremesOf = async (asker: Asker, of: LayerOnRows): Promise<ExtremesResult> =>
  (await ask(asker, extremes, { layer: of.layer.name }, of)).value;

export const covarianceOf = async (asker: Asker, of: LayerOnRows): Promise<CovarianceResult> =>
  (await ask(asker, covariance, { layer: of.layer.name }, of)).value;

export const distributionOf = async (asker: Asker, of: LayerOnRows): Promise<DistributionResult> =>
  (await ask(asker, distribution, { layer: of.layer.name }, of)).value;
