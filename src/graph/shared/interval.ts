import type { ConfidenceInterval } from '../../questions/intervals.ts';
import { builder } from '../builder/builder.ts';

export const Interval = builder.objectRef<ConfidenceInterval>('Interval').implement({
  description: 'A confidence interval.',
  fields: (t) => ({
    low: t.exposeFloat('low', { description: 'The lower end.' }),
    high: t.exposeFloat('high', { description: 'The upper end.' }),
    level: t.exposeFloat('level', { description: 'The level of confidence, e.g. 0.95.' }),
  }),
});
