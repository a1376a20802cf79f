import type { Shift } from '../../analysis/shift/shift.ts';
import { orNull } from '../../questions/or-null.ts';
import { builder } from '../builder/builder.ts';

export const DistributionShift = builder.objectRef<Shift>('DistributionShift').implement({
  description:
    'How far one distribution lies from another; 0 throughout where they are the same. Bins are the deciles of the reference, (a, b], equal cut points merged; for categories and ids its 50 most frequent values, and one bin for all others.',
  fields: (t) => ({
    psi: t.exposeFloat('psi', {
      description:
        'Population stability index, in nats, of the shares in the bins, each at least 1e-4. Below 0.1 hardly anything has changed; above 0.25 much has.',
    }),
    jensenShannon: t.exposeFloat('jensenShannon', {
      description: 'Jensen–Shannon divergence of the shares in the bins, in bits: from 0 to 1.',
    }),
    ks: t.float({
      nullable: true,
      description:
        'Kolmogorov–Smirnov statistic: the largest difference of the two distribution functions. Exact for scores and features, within 0.01 for neurons; null for categories, and where one side has no value.',
      resolve: ({ ks }) => orNull(ks),
    }),
    wasserstein: t.float({
      nullable: true,
      description:
        'Wasserstein distance: the area between the two distribution functions, in the unit of the values. Exact for scores and features; null for categories, and where one side has no value.',
      resolve: ({ wasserstein }) => orNull(wasserstein),
    }),
  }),
});
