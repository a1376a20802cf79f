import { type CovarianceResult, covariance, effectiveRank } from '../../analysis/units/covariance.ts';
import {
  type DistributionResult,
  distribution,
  histogramOf,
  type UnitHistogram,
} from '../../analysis/units/distribution.ts';
import { type ExtremesResult, extremes } from '../../analysis/units/extremes.ts';
import { type MomentsResult, moments } from '../../analysis/units/moments.ts';
import { notFiniteRow } from '../../analysis/units/not-finite-row.ts';
import { analysisFailed } from '../../errors.ts';
import type { Provenance } from '../../planner/question.ts';
import { ask } from '../ask.ts';
import type { Asker } from '../asker.ts';
import { orNull } from '../or-null.ts';
import type { LayerOnRows } from '../structure.ts';
import { binsAsked } from './layer-figures.ts';

/** What the neurons of a layer do on rows; what is read off it lies in layer-figures.ts. */
export interface MomentsOfLayer extends LayerOnRows {
  readonly moments: MomentsResult;
  readonly provenance: Provenance;
}
export interface MomentsOfNeuron extends MomentsOfLayer {
  readonly unit: number;
}

/** Throws ANALYSIS_FAILED for a layer whose values are not finite: no moment of it exists. */
export async function momentsOf(asker: Asker, { model, layer, rows }: LayerOnRows): Promise<MomentsOfLayer> {
  const answer = await ask(asker, moments, { layer: layer.name }, { model, rows });
  const neuron = answer.value.mean.findIndex((_, unit) => !isFiniteAt(answer.value, unit));
  if (neuron >= 0) {
    const { row } = (await ask(asker, notFiniteRow, { layer: layer.name, unit: neuron }, { model, rows })).value;
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

export const extremesOf = async (asker: Asker, of: LayerOnRows): Promise<ExtremesResult> =>
  (await ask(asker, extremes, { layer: of.layer.name }, of)).value;

export const covarianceOf = async (asker: Asker, of: LayerOnRows): Promise<CovarianceResult> =>
  (await ask(asker, covariance, { layer: of.layer.name }, of)).value;

export const distributionOf = async (asker: Asker, of: LayerOnRows): Promise<DistributionResult> =>
  (await ask(asker, distribution, { layer: of.layer.name }, of)).value;

/** Participation ratio of the covariance's spectrum; null for a constant layer. */
export const effectiveRankOf = async (asker: Asker, of: LayerOnRows): Promise<number | null> =>
  orNull(effectiveRank(await covarianceOf(asker, of)));

/** Of a neuron's activations, in equal-width bins from its minimum to its maximum. Throws BAD_USER_INPUT for a number of bins that is out of range. */
export async function activationHistogram(asker: Asker, of: MomentsOfNeuron, bins: number): Promise<UnitHistogram> {
  const count = binsAsked(bins);
  return histogramOf(await distributionOf(asker, of), of.unit, count);
}
