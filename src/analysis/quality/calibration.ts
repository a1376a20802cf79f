import type { ScoreSource } from '../../data/scores/file.ts';
import { scoreOfOutput } from '../../data/scores/scale.ts';
import { using } from '../../using.ts';
import type { Reading } from '../analysis.ts';
import { type LabelledSpec, ofScores } from './labelled.ts';
import { labelledRows } from './labelled-rows.ts';

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

export const calibration: Reading<CalibrationSpec, [ScoreSource], CalibrationResult> = {
  kind: 'reading',
  name: 'calibration',
  version: 2,
  ...ofScores,
  async read(spec, [part], rows) {
    const result = {
      rowCount: new Float64Array(spec.bins),
      positiveCount: new Float64Array(spec.bins),
      scoreSum: new Float64Array(spec.bins),
    };
    const add = (values: Float64Array, bin: number, value: number): void => {
      values[bin] = (values[bin] as number) + value;
    };
    await using(await labelledRows(part, spec, rows), ({ rows: keyed, scale }) =>
      keyed.walk([], {
        tie(output, positives, negatives) {
          const score = scoreOfOutput(scale, output);
          const bin = Math.min(Math.floor(score * spec.bins), spec.bins - 1);
          add(result.rowCount, bin, positives + negatives);
          add(result.positiveCount, bin, positives);
          add(result.scoreSum, bin, (positives + negatives) * score);
        },
      }),
    );
    return result;
  },
};

/** Mean |score − positive rate| over the bins, weighted by rows (Naeini et al. 2015). */
export function expectedCalibrationError({ rowCount, positiveCount, scoreSum }: CalibrationResult): number {
  const gap = scoreSum.reduce((sum, score, bin) => sum + Math.abs(score - (positiveCount[bin] as number)), 0);
  return gap / rowCount.reduce((sum, count) => sum + count, 0);
}
