import { readScoreFile, type Scores, writeScoreFile } from '../data/score-file.ts';
import type { Batch } from '../data/types.ts';
import { analysisFailed } from '../errors.ts';
import type { Analysis } from './analysis.ts';
import { type ScoreTarget, scoreOf } from './score.ts';

/** Which element of which output is scored; the manifest's score when omitted. */
export interface ScoresSpec {
  readonly target?: ScoreTarget;
}

/** The question about scores that a reading of them depends on. */
export const partOf = ({ target }: ScoresSpec): ScoresSpec => (target === undefined ? {} : { target });

/** The score of every row: the one state that is O(rows), 13 bytes each. */
export interface ScoresState {
  readonly isProbability: boolean;
  readonly row: Float64Array[];
  readonly score: Float32Array[];
  readonly label: Int8Array[];
}

export const scores: Analysis<ScoresSpec, ScoresState, Scores> = {
  name: 'scores',
  version: 1,
  program: ({ target }, subject) => ({ outputs: { score: scoreOf(subject, target) } }),
  start: (_spec, { score }) => ({ isProbability: score.space !== 'VALUE', row: [], score: [], label: [] }),
  fold(state, outputs, batch) {
    const score = outputs.score?.data as Float32Array;
    if (state.isProbability) assertProbabilities(score, batch.index);
    state.row.push(batch.index);
    state.score.push(score);
    state.label.push(labelsOf(batch));
    return state;
  },
  merge: (a, b) => ({
    isProbability: a.isProbability,
    row: [...a.row, ...b.row],
    score: [...a.score, ...b.score],
    label: [...a.label, ...b.label],
  }),
  finish: ({ row, score, label }) => ({
    row: joined(row, (length) => new Float64Array(length)),
    score: joined(score, (length) => new Float32Array(length)),
    label: joined(label, (length) => new Int8Array(length)),
  }),
  files: {
    async save(result, home) {
      const file = await writeScoreFile(home, result);
      return { value: { file }, files: [file] };
    },
    load: (value, home) => readScoreFile(home, (value as { file: string }).file),
  },
};

/** 0, 1, or −1 for none. */
function labelsOf({ label, labelled }: Batch): Int8Array {
  const labels = new Int8Array(label.length);
  for (let at = 0; at < label.length; at++) labels[at] = labelled[at] === 1 ? (label[at] as number) : -1;
  return labels;
}

function joined<Values extends { length: number; set(part: Values, offset: number): void }>(
  parts: Values[],
  allocate: (length: number) => Values,
): Values {
  const whole = allocate(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const [at, part] of parts.entries()) {
    whole.set(part, offset);
    offset += part.length;
    // What is copied is let go: there is no second copy of millions of rows.
    delete parts[at];
  }
  return whole;
}

function assertProbabilities(score: Float32Array, index: Float64Array): void {
  const at = score.findIndex((value) => !(value >= 0 && value <= 1));
  if (at < 0) return;
  throw analysisFailed(
    `The score of row ${index[at]} is ${score[at]}, which is no probability. ` +
      'If the output is a logit or a plain value, say so in the manifest’s score.space.',
    { row: index[at], score: String(score[at]) },
  );
}
