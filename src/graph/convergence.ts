import type { Completeness } from '../analysis/attribution.ts';
import { builder } from './builder.ts';
import { notFinite } from './not-finite.ts';

export const Convergence = builder.objectRef<Completeness>('Convergence').implement({
  description: 'converged: the mean absolute gap is at most 1% of the mean absolute f(x) - f(baseline).',
  fields: (t) => ({
    meanAbsolute: t.float({ description: 'Mean absolute gap over rows.', resolve: (c) => c.meanAbsoluteGap }),
    maxAbsolute: t.float({ description: 'Largest absolute gap of a row.', resolve: (c) => c.maxAbsoluteGap }),
    converged: t.boolean({
      description: 'Whether the attributions add up, as far as can be asked of them.',
      resolve: (c) => c.meanAbsoluteGap <= 0.01 * c.meanAbsoluteDifference,
    }),
  }),
});

/** Throws ANALYSIS_FAILED where the target is infinite or NaN on some row, at the baseline or on the way. */
export function finiteGaps(completeness: Completeness): Completeness {
  if (Object.values(completeness).every(Number.isFinite)) return completeness;
  throw notFinite('The gap to what the target differs by from the baseline', undefined);
}
