import type { ScoreSource } from '../../data/scores/file.ts';
import { scoreOfOutput } from '../../data/scores/scale.ts';
import { badUserInput } from '../../errors.ts';
import type { Reading } from '../analysis.ts';
import { assertNumbers, partOf, type ScoresSpec, scores } from '../quality/scores.ts';
import { part } from '../question.ts';
import { type Shift, shiftOfNumbers } from './shift.ts';

/** Of two sets of scores: of the rows themselves, and of the role `reference`. */
export interface ScoreShiftSpec {
  readonly current: ScoresSpec;
  readonly reference: ScoresSpec;
}

/** How far scores lie from those of the reference: of other rows, another model, or the same one before an intervention. Exact. */
export const scoreShift: Reading<ScoreShiftSpec, [ScoreSource, ScoreSource], Shift> = {
  kind: 'reading',
  name: 'scoreShift',
  version: 1,
  parts: ({ current, reference }) => [part(scores, partOf(current)), part(scores, partOf(reference), 'reference')],
  async read(_spec, [current, reference]) {
    if (reference.rowCount === 0) throw nothingIn('reference');
    if (current.rowCount === 0) throw nothingIn('current');
    return shiftOfNumbers(await sortedScores(reference), await sortedScores(current));
  },
};

const nothingIn = (role: string) =>
  badUserInput(role, `\`${role}\` selects no row: there is nothing to compare. Select others.`);

/** Ascending. Throws ANALYSIS_FAILED for one that is no number. */
export async function sortedScores(of: ScoreSource): Promise<Float64Array> {
  const all = new Float64Array(of.rowCount);
  let at = 0;
  for await (const stretch of of.stretches()) {
    assertNumbers(stretch);
    for (const output of stretch.output) all[at++] = scoreOfOutput(of.scale, output);
  }
  return all.sort();
}
