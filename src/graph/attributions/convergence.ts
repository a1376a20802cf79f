import type { Completeness } from '../../analysis/attribution.ts';
import { isConverged } from '../../questions/attributions/convergence.ts';
import { builder } from '../builder/builder.ts';

export const Convergence = builder.objectRef<Completeness>('Convergence').implement({
  description:
    'How far the attributions are from adding up. They have converged when the mean absolute gap is at most 1% of the mean absolute f(x) - f(baseline).',
  fields: (t) => ({
    meanAbsolute: t.float({ description: 'Mean absolute gap over rows.', resolve: (c) => c.meanAbsoluteGap }),
    maxAbsolute: t.float({ description: 'Largest absolute gap of a row.', resolve: (c) => c.maxAbsoluteGap }),
    converged: t.boolean({
      description: 'Whether the attributions add up, as far as can be asked of them.',
      resolve: isConverged,
    }),
  }),
});
