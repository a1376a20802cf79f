import { analysisFailed } from '../errors.ts';
import type { Analysis } from './analysis.ts';
import { scoreOf } from './score.ts';

/** The score of every row: the one state that is O(rows), 13 bytes each. `pass/` keeps the result as a score file. */
export interface ScoresState {
  readonly isProbability: boolean;
  readonly row: Float64Array[];
  readonly score: Float32Array[];
  readonly label: Int8Array[];
}

export const scores: Analysis<Record<string, never>, ScoresState, ScoresState> = {
  name: 'scores',
  version: 1,
  program: (_spec, subject) => ({ outputs: { score: scoreOf(subject) } }),
  start: (_spec, { score }) => ({ isProbability: score.space !== 'VALUE', row: [], score: [], label: [] }),
  fold(state, outputs, batch) {
    const score = outputs.score?.data as Float32Array;
    if (state.isProbability) assertProbabilities(score, batch.index);
    state.row.push(batch.index);
    state.score.push(score);
    state.label.push(Int8Array.from(batch.label, (label, at) => (batch.labelled[at] === 1 ? label : -1)));
    return state;
  },
  merge: (a, b) => ({
    isProbability: a.isProbability,
    row: [...a.row, ...b.row],
    score: [...a.score, ...b.score],
    label: [...a.label, ...b.label],
  }),
  finish: (state) => state,
};

function assertProbabilities(score: Float32Array, index: Float64Array): void {
  const at = score.findIndex((value) => !(value >= 0 && value <= 1));
  if (at < 0) return;
  throw analysisFailed(
    `The score of row ${index[at]} is ${score[at]}, which is no probability. ` +
      'If the output is a logit or a plain value, say so in the manifest’s score.space.',
    { row: index[at], score: String(score[at]) },
  );
}
