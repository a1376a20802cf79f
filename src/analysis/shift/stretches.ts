import { between } from '../sums/between.ts';
import { decilePlaces, differences, type Shift, shiftOfCounts } from './shift.ts';
import type { Bucket } from './value-counts.ts';

/** A sample whose values are known by stretches; within one they are taken as evenly spread. */
class Sample {
  readonly stretches: readonly Bucket[];
  readonly count: number;
  /** Values before each stretch. */
  readonly #before: Float64Array;

  constructor(stretches: readonly Bucket[]) {
    this.stretches = stretches;
    this.#before = new Float64Array(stretches.length);
    let count = 0;
    for (const [at, stretch] of stretches.entries()) {
      this.#before[at] = count;
      count += stretch.count;
    }
    this.count = count;
  }

  /** How many lie up to a value, or below it. */
  upTo(value: number, isIncluded = true): number {
    let [first, end] = [0, this.stretches.length];
    while (first < end) {
      const middle = (first + end) >>> 1;
      if ((this.stretches[middle] as Bucket).high < value) first = middle + 1;
      else end = middle;
    }
    const stretch = this.stretches[first];
    if (stretch === undefined) return this.count;
    const { low, high, count } = stretch;
    const before = this.#before[first] as number;
    if (value < low) return before;
    if (low === high || value === high) return before + (isIncluded || low < high ? count : 0);
    return before + (count * (value - low)) / (high - low);
  }

  /** The value of this rank, from 0. */
  at(rank: number): number {
    let [first, end] = [0, this.stretches.length - 1];
    while (first < end) {
      const middle = (first + end + 1) >>> 1;
      if ((this.#before[middle] as number) <= rank) first = middle;
      else end = middle - 1;
    }
    const { low, high, count } = this.stretches[first] as Bucket;
    return low + ((high - low) * (rank - (this.#before[first] as number) + 0.5)) / count;
  }
}

/**
 * As `shiftOfNumbers`, of samples that are known by stretches: exact where each has one value, else off by what the stretches have. NaN
 * where a sample is empty.
 */
export function shiftOfStretches(reference: readonly Bucket[], current: readonly Bucket[]): Shift {
  const [before, after] = [new Sample(reference), new Sample(current)];
  const cuts = before.count === 0 ? [] : decilesOf(before);
  const counts = (sample: Sample): number[] =>
    differences(
      cuts.map((cut) => sample.upTo(cut)),
      sample.count,
    );
  return { ...shiftOfCounts(counts(before), counts(after)), ...distances(before, after) };
}

function decilesOf(sample: Sample): number[] {
  const cuts = decilePlaces(sample.count).map((place) => {
    const [low, high] = [sample.at(Math.floor(place)), sample.at(Math.ceil(place))];
    return between(low, high, place);
  });
  return [...new Set(cuts)];
}

/** Distribution functions jump at stretches of one value and are straight lines elsewhere: both differences are taken at every end. */
function distances(a: Sample, b: Sample): Pick<Shift, 'ks' | 'wasserstein'> {
  if (a.count === 0 || b.count === 0) return { ks: Number.NaN, wasserstein: Number.NaN };
  const ends = new Set([...a.stretches, ...b.stretches].flatMap(({ low, high }) => [low, high]));
  const apart = (value: number, isIncluded: boolean): number =>
    a.upTo(value, isIncluded) / a.count - b.upTo(value, isIncluded) / b.count;
  let [ks, wasserstein, last, lastApart] = [0, 0, Number.NaN, 0];
  for (const value of Float64Array.from(ends).sort()) {
    const before = apart(value, false);
    if (!Number.isNaN(last)) wasserstein += areaBetween(lastApart, before) * (value - last);
    [last, lastApart] = [value, apart(value, true)];
    ks = Math.max(ks, Math.abs(before), Math.abs(lastApart));
  }
  return { ks, wasserstein };
}

/** Mean distance from zero of a straight line between two values. */
function areaBetween(from: number, to: number): number {
  if (from * to >= 0) return Math.abs(from + to) / 2;
  return (from * from + to * to) / (2 * Math.abs(from - to));
}
