import type { Reading } from '../analysis.ts';
import { part } from '../question.ts';
import { type CovarianceResult, covariance } from '../units/covariance.ts';
import type { LayerSpec } from '../units/units.ts';

/**
 * Cosine between the covariance matrix of a layer's units and that on the rows in the role `reference`: 1 where units go together as they
 * did, whatever their scale. NaN where either has no variance.
 */
export const covarianceSimilarity: Reading<LayerSpec, [CovarianceResult, CovarianceResult], number> = {
  kind: 'reading',
  name: 'covarianceSimilarity',
  version: 1,
  parts: (spec) => [part(covariance, spec), part(covariance, spec, 'reference')],
  async read(_spec, [{ covariance: current }, { covariance: reference }]) {
    const scale = Math.sqrt(inner(current, current)) * Math.sqrt(inner(reference, reference));
    if (!(scale > 0 && Number.isFinite(scale))) return Number.NaN;
    return Math.max(-1, Math.min(1, inner(current, reference) / scale));
  },
};

function inner(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (const [at, value] of a.entries()) sum += value * (b[at] as number);
  return sum;
}
