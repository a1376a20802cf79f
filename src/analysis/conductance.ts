import { abs, gradient, mul, reduceSum, reshape, slice, sub, tensor } from '../compute/program.ts';
import type { Outputs } from './analysis.ts';
import type { Completeness } from './attribution.ts';
import { baselineCarriers } from './attributions/baseline.ts';
import { Copies } from './attributions/copies.ts';
import { fromBaseline } from './attributions/from-baseline.ts';
import type { Baseline } from './attributions/method.ts';
import { forAll, ofCopies } from './attributions/positions.ts';
import { firstNotFinite, firstOf, type NotFinite, notFiniteIn } from './not-finite.ts';
import { carriersOfFeatures } from './players.ts';
import { type OutputTarget, targetOf } from './target.ts';
import { assertByRow } from './units/row-axis.ts';
import { type LayerSpec, layerOf, positionDims, unitsLast } from './units/units.ts';

export interface ConductanceSpec extends LayerSpec {
  readonly target: OutputTarget;
  /** Intervals of the way from the baseline to the row. */
  readonly steps: number;
  /** Zero carriers when undefined. */
  readonly baseline?: Baseline;
}

/** Of every unit, over rows. */
export interface ConductanceResult {
  readonly rowCount: number;
  readonly mean: Float64Array;
  readonly meanAbsolute: Float64Array;
  /** Of the sum over units, against f(x) − f(baseline). */
  readonly completeness: Completeness;
  /** The first unit through which something infinite or NaN passes on a row. */
  readonly notFinite: NotFinite | null;
}

interface ConductanceState {
  readonly rowCount: number;
  readonly sums: Float64Array;
  readonly absolutes: Float64Array;
  /** Σ |gap|, max |gap|, Σ |f(x) − f(baseline)| */
  readonly gaps: readonly [gaps: number, largest: number, differences: number];
  readonly notFinite: NotFinite | null;
}

/**
 * What passes through a unit on the way from the baseline to the row: Σₖ (y(αₖ₊₁) − y(αₖ)) ∂f/∂y(αₖ) over the intervals between
 * evenly spaced α (Dhamdhere et al. 2018, Shrikumar et al. 2018), summed over positions. Over all units of a layer that everything
 * passes through, it adds up to f(x) − f(baseline), to a gap that closes as the intervals get shorter.
 */
export const conductance = fromBaseline<ConductanceSpec, ConductanceState, ConductanceResult>({
  name: 'conductance',
  version: 5,
  start(spec, subject) {
    const { units } = layerOf(spec, subject);
    return {
      rowCount: 0,
      sums: new Float64Array(units),
      absolutes: new Float64Array(units),
      gaps: [0, 0, 0],
      notFinite: null,
    };
  },
  program(spec, subject) {
    const { steps } = spec;
    const copies = new Copies(subject, carriersOfFeatures(subject), {
      count: steps + 1,
      positions: forAll(ofCopies(Array.from({ length: steps + 1 }, (_, at) => [at / steps]))),
      baseline: baselineCarriers(spec, subject),
    });
    const layer = layerOf(spec, subject);
    const f = targetOf(subject, spec.target);
    const values = copies.each(unitsLast(layer).values);
    const slopes = copies.each(unitsLast(layer, gradient(f, tensor(layer.name))).values);
    const ways = sub(slice(values, 0, 1, steps + 1), slice(values, 0, 0, steps));
    const flat = reduceSum(mul(ways, slice(slopes, 0, 0, steps)), [0]);
    const byPosition = reshape(flat, [-1, ...positionDims(layer), layer.units]);
    const axes = positionDims(layer).map((_, at) => at + 1);
    const passed = axes.length === 0 ? byPosition : reduceSum(byPosition, axes);
    const total = reduceSum(passed, [1]);
    const difference = sub(copies.one(f, steps), copies.one(f, 0));
    const sums = { sums: reduceSum(passed, [0]), absolutes: reduceSum(abs(passed), [0]) };
    const notFinite = firstNotFinite(passed, layer.units);
    return { outputs: { ...sums, total, difference, notFinite }, ...copies.program() };
  },
  fold(state, outputs, { rowCount, index }) {
    const [total, difference] = [valuesOf(outputs, 'total'), valuesOf(outputs, 'difference')];
    assertByRow(total.length, rowCount);
    const gaps = total.map((sum, row) => Math.abs(sum - (difference[row] as number)));
    const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + Math.abs(value), 0);
    return merge(state, {
      rowCount,
      sums: valuesOf(outputs, 'sums'),
      absolutes: valuesOf(outputs, 'absolutes'),
      gaps: [sumOf(gaps), gaps.reduce((largest, gap) => Math.max(largest, gap), 0), sumOf(difference)],
      notFinite: notFiniteIn(outputs, 'notFinite', index),
    });
  },
  merge,
  finish({ rowCount, sums, absolutes, gaps: [gaps, largest, differences], notFinite }) {
    return {
      rowCount,
      mean: sums.map((sum) => sum / rowCount),
      meanAbsolute: absolutes.map((sum) => sum / rowCount),
      completeness: {
        meanAbsoluteGap: gaps / rowCount,
        maxAbsoluteGap: largest,
        meanAbsoluteDifference: differences / rowCount,
      },
      notFinite,
    };
  },
});

const valuesOf = (outputs: Outputs, name: string): Float64Array =>
  Float64Array.from(outputs[name]?.data as Float32Array);

function merge(a: ConductanceState, b: ConductanceState): ConductanceState {
  const added = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, at) => value + (y[at] as number));
  return {
    rowCount: a.rowCount + b.rowCount,
    sums: added(a.sums, b.sums),
    absolutes: added(a.absolutes, b.absolutes),
    gaps: [a.gaps[0] + b.gaps[0], Math.max(a.gaps[1], b.gaps[1]), a.gaps[2] + b.gaps[2]],
    notFinite: firstOf(a.notFinite, b.notFinite),
  };
}
