import type { ScoreSource } from '../../data/scores/file.ts';
import { scoreOfOutput } from '../../data/scores/scale.ts';
import type { Reading } from '../analysis.ts';
import { type ComparisonSpec, ofBothScores } from './comparison.ts';
import { pairedRows } from './paired-rows.ts';

export interface FlipsSpec extends Omit<ComparisonSpec, 'label'> {
  readonly threshold: number;
}

/** Share of the rows that two models put on different sides of a threshold; a score that equals it is above. */
export const flips: Reading<FlipsSpec, [ScoreSource, ScoreSource], number> = {
  kind: 'reading',
  name: 'flips',
  version: 1,
  ...ofBothScores,
  async read({ threshold }, [candidate, base]) {
    const paired = await pairedRows({ base, candidate });
    let flipped = 0;
    for (let at = 0; at < paired.count; at++) {
      const isAbove = scoreOfOutput(candidate.scale, paired.candidate[at] as number) >= threshold;
      if (isAbove !== scoreOfOutput(base.scale, paired.base[at] as number) >= threshold) flipped++;
    }
    return flipped / paired.count;
  },
};
