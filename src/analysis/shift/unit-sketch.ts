import { transpose } from '../../compute/program.ts';
import type { Analysis } from '../analysis.ts';
import { assertObserved } from '../units/row-axis.ts';
import { type LayerSpec, layerOf, observations } from '../units/units.ts';
import { addValues, type Bucket, bucketsOf, divide, mergeValues, noValues, type ValueCounts } from './value-counts.ts';

/**
 * Values of each unit of a layer over observations: ascending stretches of them and how many are in each. A stretch of more than one
 * value has at most 1/200 of a unit's, so the distribution function is known within that; of fewer than 400 observations it is exact.
 */
export interface UnitSketch {
  readonly observationCount: number;
  /** Stretches of a unit begin here; one more than units. */
  readonly begins: Uint32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly counts: Float64Array;
}

interface SketchState {
  readonly sweep: number;
  observationCount: number;
  readonly units: readonly ValueCounts[];
}

/** Two sketches are compared within 0.01. */
const largestShare = 1 / 200;
/** Neighbours that together have less are one stretch. */
const leastShare = 1 / 500;

/**
 * What is counted leaves the executor value by value, since no operator of a program counts into buckets; nothing of it is kept. One
 * sweep, and up to two more where many values of a unit lie close together far from zero. Values that are not finite are left out.
 */
export const unitSketch: Analysis<LayerSpec, SketchState, UnitSketch> = {
  kind: 'fold',
  name: 'unitSketch',
  version: 1,
  program: (spec, subject) => ({ outputs: { values: transpose(observations(layerOf(spec, subject)), [1, 0]) } }),
  start: (spec, subject) => ({
    sweep: 0,
    observationCount: 0,
    units: Array.from({ length: layerOf(spec, subject).units }, noValues),
  }),
  fold(state, outputs) {
    const values = outputs.values?.data as Float32Array;
    const count = values.length / state.units.length;
    if (state.sweep === 0) state.observationCount += count;
    for (const [unit, counts] of state.units.entries())
      addValues(counts, values.subarray(unit * count, (unit + 1) * count), state.sweep);
    return state;
  },
  merge(a, b) {
    if (a.sweep === 0) a.observationCount += b.observationCount;
    for (const [unit, counts] of a.units.entries()) mergeValues(counts, b.units[unit] as ValueCounts, a.sweep);
    return a;
  },
  again({ sweep, observationCount, units }) {
    const divided = units.filter((counts) => divide(counts, sweep, largestShare));
    return divided.length === 0 ? undefined : { sweep: sweep + 1, observationCount, units };
  },
  finish({ observationCount, units }) {
    assertObserved(observationCount);
    const stretches = units.map((counts) => joined(bucketsOf(counts), leastShare * counts.count));
    let end = 0;
    const all = stretches.flat();
    return {
      observationCount,
      begins: Uint32Array.from([0, ...stretches.map(({ length }) => (end += length))]),
      low: Float32Array.from(all, ({ low }) => low),
      high: Float32Array.from(all, ({ high }) => high),
      counts: Float64Array.from(all, ({ count }) => count),
    };
  },
};

/** Neighbours joined as long as they have at most so many values together. */
function joined(buckets: readonly Bucket[], most: number): Bucket[] {
  const found: Bucket[] = [];
  for (const bucket of buckets) {
    const last = found.at(-1);
    if (last === undefined || last.count + bucket.count > most) found.push(bucket);
    else found[found.length - 1] = { low: last.low, high: bucket.high, count: last.count + bucket.count };
  }
  return found;
}

/** Stretches of one unit, ascending. */
export const stretchesOf = ({ begins, low, high, counts }: UnitSketch, unit: number): Bucket[] => {
  const found: Bucket[] = [];
  for (let at = begins[unit] as number; at < (begins[unit + 1] as number); at++)
    found.push({ low: low[at] as number, high: high[at] as number, count: counts[at] as number });
  return found;
};
