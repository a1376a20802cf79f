import type { ExtremesResult } from '../../analysis/units/extremes.ts';
import type { MomentsResult } from '../../analysis/units/moments.ts';
import type { Optional } from '../arguments.ts';
import { isDead, isSaturated, zeroFraction } from './layer-figures.ts';

/** From a number to another, both included; open where one is left out. What does not exist is in no range. */
export interface FloatRange {
  readonly gte?: Optional<number>;
  readonly lte?: Optional<number>;
}

/** All of these hold together. */
export interface NeuronFilter {
  readonly dead?: Optional<boolean>;
  readonly saturated?: Optional<boolean>;
  readonly mean?: Optional<FloatRange>;
  readonly standardDeviation?: Optional<FloatRange>;
  readonly zeroFraction?: Optional<FloatRange>;
  readonly correlationWithLabel?: Optional<FloatRange>;
  readonly correlationWithScore?: Optional<FloatRange>;
}

/** Largest first unless said; what does not exist comes last, ties by index. */
export interface NeuronOrder {
  readonly field: NeuronOrderField;
  readonly direction?: Optional<'ASC' | 'DESC'>;
}
export type NeuronOrderField =
  | 'INDEX'
  | 'MEAN'
  | 'STANDARD_DEVIATION'
  | 'ZERO_FRACTION'
  | 'CORRELATION_WITH_LABEL'
  | 'CORRELATION_WITH_SCORE'
  | 'ABS_CORRELATION_WITH_LABEL'
  | 'ABS_CORRELATION_WITH_SCORE';

export interface ChosenNeurons {
  readonly orderBy?: Optional<NeuronOrder>;
  readonly where?: Optional<NeuronFilter>;
}

/** Which units of a layer are chosen, and in which order: by as many figures as that needs (`needsExtremes`). */
export function chosenUnits(unitCount: number, { where, orderBy }: ChosenNeurons, figures: NeuronFigures): number[] {
  let units = Array.from({ length: unitCount }, (_, unit) => unit);
  if (where != null) units = units.filter((unit) => satisfies(figures, unit, where));
  if (orderBy != null) units = ordered(units, figures, orderBy.field, orderBy.direction === 'ASC' ? 1 : -1);
  return units;
}

/** What neurons are filtered and ordered by: as much of it as the arguments ask for. */
export interface NeuronFigures {
  readonly moments: MomentsResult | undefined;
  readonly extremes: ExtremesResult | null;
}

/** Whether it takes more than the moments. */
export const needsExtremes = ({ orderBy, where }: ChosenNeurons): boolean =>
  orderBy?.field === 'ZERO_FRACTION' || where?.zeroFraction != null || where?.saturated != null;

function satisfies({ moments, extremes }: NeuronFigures, unit: number, where: NeuronFilter): boolean {
  const within = (value: number | undefined, range: Optional<FloatRange>): boolean =>
    range == null ||
    (value !== undefined &&
      !Number.isNaN(value) &&
      value >= (range.gte ?? Number.NEGATIVE_INFINITY) &&
      value <= (range.lte ?? Number.POSITIVE_INFINITY));
  return (
    (where.dead == null || (moments && isDead(moments, unit)) === where.dead) &&
    (where.saturated == null || (extremes && isSaturated(extremes, unit)) === where.saturated) &&
    within(moments?.mean[unit], where.mean) &&
    within(moments?.standardDeviation[unit], where.standardDeviation) &&
    within(extremes ? zeroFraction(extremes, unit) : undefined, where.zeroFraction) &&
    within(moments?.correlationWithLabel[unit], where.correlationWithLabel) &&
    within(moments?.correlationWithScore[unit], where.correlationWithScore)
  );
}

function ordered(units: readonly number[], figures: NeuronFigures, field: NeuronOrderField, sign: 1 | -1): number[] {
  const values = valuesOf(figures, field);
  const figureOf = (unit: number): number => (values === undefined ? unit : (values[unit] as number));
  return units.toSorted((a, b) => {
    const [x, y] = [figureOf(a), figureOf(b)];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
    return sign * (x - y) || a - b;
  });
}

/** Of every unit; undefined: its index. */
function valuesOf({ moments, extremes }: NeuronFigures, field: NeuronOrderField): Float64Array | undefined {
  switch (field) {
    case 'INDEX':
      return undefined;
    case 'MEAN':
      return moments?.mean;
    case 'STANDARD_DEVIATION':
      return moments?.standardDeviation;
    case 'ZERO_FRACTION':
      return extremes?.zeroCount;
    case 'CORRELATION_WITH_LABEL':
      return moments?.correlationWithLabel;
    case 'CORRELATION_WITH_SCORE':
      return moments?.correlationWithScore;
    case 'ABS_CORRELATION_WITH_LABEL':
      return moments?.correlationWithLabel.map(Math.abs);
    case 'ABS_CORRELATION_WITH_SCORE':
      return moments?.correlationWithScore.map(Math.abs);
  }
}
