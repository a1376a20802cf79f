import jstat from 'jstat';
import { badUserInput } from '../errors.ts';
import { builder } from './builder.ts';

export const Interval = builder.objectRef<{ low: number; high: number; level: number }>('Interval').implement({
  description: 'A confidence interval.',
  fields: (t) => ({
    low: t.exposeFloat('low', { description: 'Lower end.' }),
    high: t.exposeFloat('high', { description: 'Upper end.' }),
    level: t.exposeFloat('level', { description: 'Of confidence, e.g. 0.95.' }),
  }),
});

/** How far a normal interval reaches to either side. Throws BAD_USER_INPUT for a level that is none. */
export function normalMargin(standardError: number, level: number): number {
  if (!(level > 0 && level < 1)) throw badUserInput('level', `\`level\` is ${level}; it must be above 0 and below 1.`);
  return jstat.normal.inv((1 + level) / 2, 0, 1) * standardError;
}

/** Normal, clipped to [0, 1]; null where the variance does not exist. */
export function interval(
  value: number,
  variance: number,
  level: number,
): { low: number; high: number; level: number } | null {
  const margin = normalMargin(Math.sqrt(variance), level);
  if (!Number.isFinite(value) || !Number.isFinite(variance)) return null;
  return { low: Math.max(0, value - margin), high: Math.min(1, value + margin), level };
}
