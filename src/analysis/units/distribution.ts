import { reduceMax, reduceMin, transpose } from '../../compute/program.ts';
import type { Batch } from '../../data/types.ts';
import { analysisLimits } from '../../limits.ts';
import type { Analysis, Outputs } from '../analysis.ts';
import { assertObserved, isOfElements } from './row-axis.ts';
import { countOf, type LayerSpec, layerOf, observations } from './units.ts';

/** How often each unit of a layer takes which values: counts in equal bins between its minimum and its maximum. */
export interface DistributionResult {
  readonly observationCount: number;
  readonly bins: number;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
  /** [units, bins] */
  readonly counts: Float64Array;
  /** Where rows have labels: how many observations are of such rows, and [units, bins] of those whose label is 1. */
  readonly labelled?: { readonly count: number; readonly positiveCounts: Float64Array };
}

interface DistributionState {
  readonly sweep: 'range' | 'counts';
  readonly isOfElements: boolean;
  count: number;
  readonly minimum: Float64Array;
  readonly maximum: Float64Array;
  readonly counts: Float64Array;
  labelledCount: number;
  readonly positiveCounts: Float64Array;
}

const { distributionBins: bins } = analysisLimits;

/**
 * Two sweeps: the first finds every unit's range, the second counts. What is counted leaves the executor value by value, since no
 * operator of a program counts into bins; nothing of it is kept. Values that are not finite are in no bin.
 */
export const distribution: Analysis<LayerSpec, DistributionState, DistributionResult> = {
  kind: 'fold',
  name: 'distribution',
  version: 3,
  program(spec, subject, { sweep }) {
    const values = observations(layerOf(spec, subject));
    if (sweep === 'counts') return { outputs: { values: transpose(values, [1, 0]) } };
    return {
      outputs: { count: countOf(values), minimum: reduceMin(values, [0]), maximum: reduceMax(values, [0]) },
    };
  },
  start(spec, subject) {
    const layer = layerOf(spec, subject);
    const { units } = layer;
    return {
      sweep: 'range',
      isOfElements: isOfElements(layer, subject),
      count: 0,
      minimum: new Float64Array(units).fill(Number.POSITIVE_INFINITY),
      maximum: new Float64Array(units).fill(Number.NEGATIVE_INFINITY),
      counts: new Float64Array(units * bins),
      labelledCount: 0,
      positiveCounts: new Float64Array(units * bins),
    };
  },
  fold: (state, outputs, batch) =>
    state.sweep === 'range' ? widened(state, rangeOf(outputs)) : counted(state, outputs, batch),
  merge: (a, b) =>
    a.sweep === 'range'
      ? widened(a, b)
      : {
          ...a,
          counts: sum(a.counts, b.counts),
          labelledCount: a.labelledCount + b.labelledCount,
          positiveCounts: sum(a.positiveCounts, b.positiveCounts),
        },
  again: (state) => (state.sweep === 'range' ? { ...state, sweep: 'counts' } : undefined),
  sweepsAfter: ({ sweep }) => (sweep === 'range' ? 1 : 0),
  finish({ count, minimum, maximum, counts, labelledCount, positiveCounts }) {
    assertObserved(count);
    const labelled = labelledCount > 0 && { labelled: { count: labelledCount, positiveCounts } };
    return { observationCount: count, bins, minimum, maximum, counts, ...labelled };
  },
};

const sum = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, at) => value + (b[at] as number));

type Range = Pick<DistributionState, 'count' | 'minimum' | 'maximum'>;

function rangeOf(outputs: Outputs): Range {
  const vector = (name: string): Float64Array => Float64Array.from(outputs[name]?.data as Float32Array);
  return { count: vector('count')[0] as number, minimum: vector('minimum'), maximum: vector('maximum') };
}

const widened = (state: DistributionState, range: Range): DistributionState => ({
  ...state,
  count: state.count + range.count,
  minimum: state.minimum.map((value, unit) => Math.min(value, range.minimum[unit] as number)),
  maximum: state.maximum.map((value, unit) => Math.max(value, range.maximum[unit] as number)),
});

/** Adds a batch's values, [units, observations], in place. Bins are [a, b), the last one closed. */
function counted(state: DistributionState, outputs: Outputs, { rowCount, label, labelled }: Batch): DistributionState {
  const { minimum, maximum, counts, positiveCounts } = state;
  const values = outputs.values?.data as Float32Array;
  const observationCount = values.length / minimum.length;
  // A label is a row's, and no element's of its lists.
  const positions = state.isOfElements ? 0 : observationCount / rowCount;
  const isPositive = Uint8Array.from({ length: observationCount }, (_, at) => label[Math.floor(at / positions)] ?? 0);
  state.labelledCount += positions * labelled.reduce((total, isLabelled) => total + isLabelled, 0);
  for (let unit = 0, at = 0; unit < minimum.length; unit++) {
    const low = minimum[unit] as number;
    const range = (maximum[unit] as number) - low;
    const scale = range > 0 ? bins / range : 0;
    const first = unit * bins;
    for (let observation = 0; observation < observationCount; observation++, at++) {
      // Another program, or another batch, gives a value that may be a last bit beyond what the first sweep has seen.
      const own = Math.floor(((values[at] as number) - low) * scale);
      const bin = first + Math.max(0, Math.min(bins - 1, own));
      counts[bin] = (counts[bin] as number) + 1;
      if (isPositive[observation] === 1) positiveCounts[bin] = (positiveCounts[bin] as number) + 1;
    }
  }
  return state;
}

/**
 * Values below which shares `at` of a unit's observations lie, interpolated between neighbours in rank as NumPy does by default.
 * Within a bin, observations are taken as evenly spread.
 */
export function quantilesOf(distribution: DistributionResult, unit: number, at: readonly number[]): number[] {
  const last = distribution.observationCount - 1;
  return at.map((share) => {
    const rank = share * last;
    const low = observationAt(distribution, unit, Math.floor(rank));
    return low + (rank % 1) * (observationAt(distribution, unit, Math.ceil(rank)) - low);
  });
}

/** The observation of this rank, from 0; the first and the last are known exactly. */
function observationAt(
  { observationCount, bins: count, minimum, maximum, counts }: DistributionResult,
  unit: number,
  rank: number,
): number {
  const [low, high] = [minimum[unit] as number, maximum[unit] as number];
  if (rank === 0) return low;
  if (rank === observationCount - 1) return high;
  let below = 0;
  for (let bin = 0; bin < count; bin++) {
    const inside = counts[unit * count + bin] as number;
    if (rank < below + inside) return low + ((high - low) / count) * (bin + (rank - below + 0.5) / inside);
    below += inside;
  }
  return high;
}

export interface UnitHistogram {
  readonly edges: number[];
  readonly counts: number[];
  /** null where no row has a label. */
  readonly positiveCounts: number[] | null;
  readonly unlabelledCount: number;
}

/** Counts in fewer bins of equal width; exact where their number divides ours, else a bin's observations are split by width. */
export function histogramOf(
  { observationCount, bins: own, minimum, maximum, counts, labelled }: DistributionResult,
  unit: number,
  wanted: number,
): UnitHistogram {
  const low = minimum[unit] as number;
  const high = maximum[unit] as number;
  const ofUnit = (all: Float64Array): Float64Array => all.subarray(unit * own, (unit + 1) * own);
  const below = belowCuts(ofUnit(counts), wanted);
  const positive = labelled && within(belowCuts(ofUnit(labelled.positiveCounts), wanted), below);
  return {
    edges: below.map((_, at) => (at === wanted ? high : low + ((high - low) * at) / wanted)),
    counts: differences(below),
    positiveCounts: positive === undefined ? null : differences(positive),
    unlabelledCount: observationCount - (labelled?.count ?? 0),
  };
}

/** How many lie below each of so many equal parts' ends. */
function belowCuts(counts: Float64Array, parts: number): number[] {
  let total = 0;
  const below = [0, ...Array.from(counts, (count) => (total += count))];
  return Array.from({ length: parts + 1 }, (_, cut) => {
    const position = (cut * counts.length) / parts;
    const bin = Math.floor(position + 1e-9);
    const rest = position - bin;
    return Math.round((below[bin] as number) + (rest > 1e-9 ? rest * (counts[bin] as number) : 0));
  });
}

/** Of a part of what is counted: both are rounded, and no bin may have more of the part than of the whole. */
function within(part: readonly number[], whole: readonly number[]): number[] {
  const others = (whole.at(-1) as number) - (part.at(-1) as number);
  let before = 0;
  return part.map((count, at) => {
    const least = Math.max(before, (whole[at] as number) - others);
    const most = before + (whole[at] as number) - (whole[at - 1] ?? 0);
    before = Math.min(Math.max(count, least), most);
    return before;
  });
}

const differences = (ascending: readonly number[]): number[] =>
  ascending.slice(1).map((value, at) => value - (ascending[at] as number));
