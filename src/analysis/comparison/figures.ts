import { logLossOfOutput, type ScoreScale, scoreOfOutput } from '../../data/scores/scale.ts';
import { type Paired, pairedAuc } from './paired-auc.ts';
import type { GroupedPairs, PairedRows } from './paired-rows.ts';

/** Of two models on the same rows, differences the candidate's minus the base's. NaN: the figure does not exist. */
export interface PairedFigures {
  readonly rowCount: number;
  readonly labelledCount: number;
  readonly baseAuc: number;
  readonly candidateAuc: number;
  readonly aucDifference: number;
  /** Of the difference (DeLong). */
  readonly aucDifferenceVariance: number;
  readonly logLossDifference: number;
  readonly meanScoreDifference: number;
}

export interface Scales {
  readonly base: ScoreScale;
  readonly candidate: ScoreScale;
}

/** `at`: places of rows, all where omitted. */
export function pairedFigures(
  rows: PairedRows,
  scales: Scales,
  at: Uint32Array = Uint32Array.from({ length: rows.count }, (_, place) => place),
): PairedFigures {
  const { base, candidate, label } = rows;
  const ofClass = (wanted: number): Paired => {
    const places = at.filter((place) => label[place] === wanted);
    return { base: valuesAt(base, places), candidate: valuesAt(candidate, places) };
  };
  const [positives, negatives] = [ofClass(1), ofClass(0)];
  const labelledCount = positives.base.length + negatives.base.length;
  const auc = pairedAuc(positives, negatives);
  let scoreDifference = 0;
  for (const place of at)
    scoreDifference +=
      scoreOfOutput(scales.candidate, candidate[place] as number) - scoreOfOutput(scales.base, base[place] as number);
  return {
    rowCount: at.length,
    labelledCount,
    baseAuc: auc.baseAuc,
    candidateAuc: auc.candidateAuc,
    aucDifference: auc.candidateAuc - auc.baseAuc,
    aucDifferenceVariance: auc.differenceVariance,
    logLossDifference:
      (lossDifference(positives, scales, true) + lossDifference(negatives, scales, false)) / labelledCount,
    meanScoreDifference: scoreDifference / at.length,
  };
}

const valuesAt = (values: Float64Array, places: Uint32Array): Float64Array =>
  Float64Array.from(places, (place) => values[place] as number);

const lossDifference = ({ base, candidate }: Paired, scales: Scales, isPositive: boolean): number =>
  base.reduce(
    (sum, output, at) =>
      sum +
      logLossOfOutput(scales.candidate, candidate[at] as number, isPositive) -
      logLossOfOutput(scales.base, output, isPositive),
    0,
  );

export interface PairedSlice extends PairedFigures {
  readonly slice: string;
}

/** By the codes of the first grouping, in the order of its codes; rows without one are in none. */
export function pairedSlices(rows: GroupedPairs, scales: Scales): PairedSlice[] {
  const { codes, values } = rows.groups[0] as GroupedPairs['groups'][number];
  const ends = new Uint32Array(values.length + 1);
  for (const code of codes) if (code >= 0) ends[code + 1] = (ends[code + 1] as number) + 1;
  for (let code = 0; code < values.length; code++) ends[code + 1] = (ends[code + 1] as number) + (ends[code] as number);
  const places = new Uint32Array(ends[values.length] as number);
  const next = ends.slice();
  for (const [place, code] of codes.entries()) {
    if (code < 0) continue;
    places[next[code] as number] = place;
    next[code] = (next[code] as number) + 1;
  }
  return values.flatMap((slice, code) => {
    const own = places.subarray(ends[code], ends[code + 1]);
    return own.length === 0 ? [] : [{ slice, ...pairedFigures(rows, scales, own) }];
  });
}
