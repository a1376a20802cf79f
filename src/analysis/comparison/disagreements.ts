import type { ScoreSource } from '../../data/scores/file.ts';
import { scoreOfOutput } from '../../data/scores/scale.ts';
import type { Reading } from '../analysis.ts';
import { type ComparisonSpec, ofBothScores } from './comparison.ts';
import { pairedRows } from './paired-rows.ts';

/** More than these nobody looks at. */
export const mostDisagreements = 100;

export interface DisagreeingRow {
  /** Row index in the dataset. */
  readonly row: number;
  readonly baseScore: number;
  readonly candidateScore: number;
}

/** The rows on which two models' scores lie furthest apart, furthest first, ties by row. */
export const disagreements: Reading<
  Omit<ComparisonSpec, 'label'>,
  [ScoreSource, ScoreSource],
  readonly DisagreeingRow[]
> = {
  kind: 'reading',
  name: 'disagreements',
  version: 1,
  ...ofBothScores,
  async read(_spec, [candidate, base]) {
    const paired = await pairedRows({ base, candidate });
    const apart = paired.candidate.map((output, at) =>
      Math.abs(scoreOfOutput(candidate.scale, output) - scoreOfOutput(base.scale, paired.base[at] as number)),
    );
    const least = apart.toSorted().at(-mostDisagreements) ?? Number.NEGATIVE_INFINITY;
    const places: number[] = [];
    for (const [at, distance] of apart.entries()) if (distance >= least) places.push(at);
    const furthest = (a: number, b: number): number => (apart[b] as number) - (apart[a] as number) || a - b;
    return places
      .sort(furthest)
      .slice(0, mostDisagreements)
      .map((at) => ({
        row: paired.row[at] as number,
        baseScore: scoreOfOutput(base.scale, paired.base[at] as number),
        candidateScore: scoreOfOutput(candidate.scale, paired.candidate[at] as number),
      }));
  },
};
