import {
  cast,
  type Expression,
  equal,
  greater,
  less,
  or,
  reduceMax,
  reduceMin,
  reduceSum,
  scalar,
} from '../../compute/program.ts';
import type { Analysis, Outputs } from '../analysis.ts';
import { assertObserved } from './row-axis.ts';
import { countOf, type LayerSpec, layerOf, observations } from './units.ts';

/** How far a layer's neurons go, and how often they are at an end. Every array has one entry a unit. */
export interface ExtremesResult {
  /** Rows, times positions where the layer has them. */
  readonly observationCount: number;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
  readonly zeroCount: Float64Array;
  /** Within 1% of the range from a bound of the activation; 0 where it has none or one. */
  readonly saturatedCount: Float64Array;
}

/** Exact: nothing here is rounded. Apart from moments, since comparing costs a runtime more than adding up. */
export const extremes: Analysis<LayerSpec, ExtremesResult, ExtremesResult> = {
  kind: 'fold',
  name: 'extremes',
  version: 1,
  program(spec, subject) {
    const layer = layerOf(spec, subject);
    const values = observations(layer);
    const isSaturated = saturation(values, layer.activation);
    return {
      outputs: {
        observationCount: countOf(values),
        minimum: reduceMin(values, [0]),
        maximum: reduceMax(values, [0]),
        zeroCount: count(equal(values, scalar(0))),
        ...(isSaturated === null ? {} : { saturatedCount: count(isSaturated) }),
      },
    };
  },
  start(spec, subject) {
    const { units } = layerOf(spec, subject);
    return {
      observationCount: 0,
      minimum: new Float64Array(units).fill(Number.POSITIVE_INFINITY),
      maximum: new Float64Array(units).fill(Number.NEGATIVE_INFINITY),
      zeroCount: new Float64Array(units),
      saturatedCount: new Float64Array(units),
    };
  },
  fold: (state, outputs) => merged(state, ofBatch(outputs)),
  merge: merged,
  finish(state) {
    assertObserved(state.observationCount);
    return state;
  },
};

const count = (mask: Expression): Expression => reduceSum(cast(mask, 'float32'), [0]);

/** Activations with two bounds; the others cannot saturate. */
const bounds: Readonly<Record<string, readonly [number, number]>> = {
  sigmoid: [0, 1],
  hardsigmoid: [0, 1],
  softmax: [0, 1],
  tanh: [-1, 1],
  softsign: [-1, 1],
};

/** Within 1% of the range from a bound. */
function saturation(values: Expression, activation: string | null): Expression | null {
  const range = bounds[activation ?? ''];
  if (range === undefined) return null;
  const [low, high] = range;
  const margin = (high - low) / 100;
  return or(less(values, scalar(low + margin)), greater(values, scalar(high - margin)));
}

function ofBatch(outputs: Outputs): ExtremesResult {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  const minimum = vector('minimum');
  return {
    observationCount: vector('observationCount')[0] as number,
    minimum,
    maximum: vector('maximum'),
    zeroCount: vector('zeroCount'),
    saturatedCount: outputs.saturatedCount === undefined ? new Float64Array(minimum.length) : vector('saturatedCount'),
  };
}

function merged(a: ExtremesResult, b: ExtremesResult): ExtremesResult {
  const both = (
    name: 'minimum' | 'maximum' | 'zeroCount' | 'saturatedCount',
    join: (a: number, b: number) => number,
  ): Float64Array => a[name].map((value, unit) => join(value, b[name][unit] as number));
  const sum = (x: number, y: number): number => x + y;
  return {
    observationCount: a.observationCount + b.observationCount,
    minimum: both('minimum', Math.min),
    maximum: both('maximum', Math.max),
    zeroCount: both('zeroCount', sum),
    saturatedCount: both('saturatedCount', sum),
  };
}
