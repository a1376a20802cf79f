import type { Reading } from '../analysis.ts';
import { part } from '../question.ts';
import { type MomentsResult, moments } from '../units/moments.ts';
import type { LayerSpec } from '../units/units.ts';
import type { Shift } from './shift.ts';
import { shiftOfStretches } from './stretches.ts';
import { stretchesOf, type UnitSketch, unitSketch } from './unit-sketch.ts';

/** Of every unit of a layer; NaN where a figure does not exist. */
export interface UnitShift {
  readonly shifts: readonly Shift[];
  /** Current minus reference. */
  readonly meanChange: Float64Array;
  /** Current over reference; NaN over zero. */
  readonly standardDeviationRatio: Float64Array;
}

/** How far each unit's values lie from those on the rows in the role `reference`: PSI, KS and Wasserstein distance within 0.01 of exact. */
export const unitShift: Reading<LayerSpec, [UnitSketch, UnitSketch, MomentsResult, MomentsResult], UnitShift> = {
  kind: 'reading',
  name: 'unitShift',
  version: 1,
  parts: (spec) => [
    part(unitSketch, spec),
    part(unitSketch, spec, 'reference'),
    part(moments, spec),
    part(moments, spec, 'reference'),
  ],
  async read(_spec, [current, reference, now, before]) {
    const units = current.begins.length - 1;
    return {
      shifts: Array.from({ length: units }, (_, unit) =>
        shiftOfStretches(stretchesOf(reference, unit), stretchesOf(current, unit)),
      ),
      meanChange: now.mean.map((mean, unit) => mean - (before.mean[unit] as number)),
      standardDeviationRatio: now.standardDeviation.map((deviation, unit) => {
        const own = before.standardDeviation[unit] as number;
        return own === 0 ? Number.NaN : deviation / own;
      }),
    };
  },
};
