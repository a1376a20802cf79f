import type { ConfidenceInterval } from '../../questions/intervals.ts';
import { builder } from '../builder/builder.ts';

export const Interval = builder.objectRef<ConfidenceInterval>('Interval').implement({
  description: 'A confidence interval.',
  fields: (t) => ({
    low: t.exposeFloat('low', { description: 'Lower end.' }),
    high: t.exposeFloat('high', { description: 'Upper end.' }),
    level: t.exposeFloat('level', { description: 'Of confidence, e.g. 0.95.' }),
  }),
});
