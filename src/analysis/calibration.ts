import type { Scores } from '../data/score-file.ts';
import type { Reading } from './analysis.ts';
import { type LabelledSpec, labelledOf, ofScores } from './labelled.ts';
import { eachTie } from './quality.ts';

/** Labelled rows by equal-width bins of the score on [0, 1]: [a, b), the last one closed. One entry a bin. */
export interface CalibrationResult {
  readonly rowCount: Float64Array;
  readonly positiveCount: Float64Array;
  /** Sum of the scores. */
  readonly scoreSum: Float64Array;
}

export interface CalibrationSpec extends LabelledSpec {
  readonly bins: number;
}

export const calibration: Reading<CalibrationSpec, [Scores], CalibrationResult> = {
  name: 'calibration',
  version: 1,
  ...ofScores,
  async read(spec, [part], rows) {
    const { keys } = await labelledOf(part, spec, rows);
    const result = {
      rowCount: new Float64Array(spec.bins),
      positiveCount: new Float64Array(spec.bins),
      scoreSum: new Float64Array(spec.bins),
    };
    const add = (values: Float64Array, bin: number, value: number): void => {
      values[bin] = (values[bin] as number) + value;
    };
    eachTie(keys.slice().sort(), (score, positives, negatives) => {
      const bin = Math.min(Math.floor(score * spec.bins), spec.bins - 1);
      add(result.rowCount, bin, positives + negatives);
      add(result.positiveCount, bin, positives);
      add(result.scoreSum, bin, (positives + negatives) * score);
    });
    return result;
  },
};

/** Mean |score − positive rate| over the bins, weighted by rows (Naeini et al. 2015). */
export function expectedCalibrationError({ rowCount, positiveCount, scoreSum }: CalibrationResult): number {
  const gap = scoreSum.reduce((sum, score, bin) => sum + Math.abs(score - (positiveCount[bin] as number)), 0);
  return gap / rowCount.reduce((sum, count) => sum + count, 0);
}
