import { ScoreBuffer } from '../../data/scores/buffer.ts';
import { openScoreFile, type ScoreSource, type Scores, writeScoreFile } from '../../data/scores/file.ts';
import type { RawOutputs, ScoreScale } from '../../data/scores/scale.ts';
import type { Batch } from '../../data/types.ts';
import { analysisFailed } from '../../errors.ts';
import type { Analysis } from '../analysis.ts';
import { exactOutput, type ScoreTarget, scaleOf } from '../score.ts';

/** Which element of which output is scored; the manifest's score when omitted. */
export interface ScoresSpec {
  readonly target?: ScoreTarget;
}

/** The question about scores that a reading of them depends on. */
export const partOf = ({ target }: ScoresSpec): ScoresSpec => (target === undefined ? {} : { target });

/** The output of every row that is scored: the one state that is O(rows), and so beyond a million rows lies in a temporary file. */
export interface ScoresState {
  readonly buffer: ScoreBuffer;
}

export const scores: Analysis<ScoresSpec, ScoresState, ScoreSource> = {
  kind: 'fold',
  name: 'scores',
  version: 2,
  program: ({ target }, subject) => ({ outputs: { output: exactOutput(subject, target ?? subject.score) } }),
  start: ({ target }, subject) => ({ buffer: new ScoreBuffer(scaleOf(subject, target)) }),
  fold(state, outputs, batch) {
    const output = outputs.output?.data as RawOutputs;
    assertProbabilities(state.buffer.scale, output, batch.index);
    state.buffer.add({ row: batch.index, output, label: labelsOf(batch) });
    return state;
  },
  merge(a, b) {
    for (const block of b.buffer.stretches()) a.buffer.add(block);
    b.buffer.release();
    return a;
  },
  finish: ({ buffer }) => buffer,
  release: ({ buffer }) => buffer.release(),
  files: {
    async save(result, home) {
      const file = await writeScoreFile(home, result);
      return { value: { file }, files: [file] };
    },
    load: (value, home) => openScoreFile(home, (value as { file: string }).file),
  },
};

/** Throws ANALYSIS_FAILED for a score that is no number, as a VALUE may be: nothing can be compared with it. */
export function assertNumbers({ row, output }: Pick<Scores, 'row' | 'output'>): void {
  const at = output.findIndex(Number.isNaN);
  if (at < 0) return;
  throw analysisFailed(`The score of row ${row[at]} is NaN: no other score is above or below it. Leave the row out.`, {
    row: row[at],
  });
}

/** 0, 1, or −1 for none. */
function labelsOf({ label, labelled }: Batch): Int8Array {
  const labels = new Int8Array(label.length);
  for (let at = 0; at < label.length; at++) labels[at] = labelled[at] === 1 ? (label[at] as number) : -1;
  return labels;
}

function assertProbabilities({ space }: ScoreScale, output: RawOutputs, index: Float64Array): void {
  if (space === 'VALUE') return;
  const isScore =
    space === 'LOGIT' ? (value: number) => !Number.isNaN(value) : (value: number) => value >= 0 && value <= 1;
  const at = output.findIndex((value) => !isScore(value));
  if (at < 0) return;
  throw analysisFailed(
    `The score of row ${index[at]} is ${output[at]}, which is no probability. ` +
      'If the output is a logit or a plain value, say so in the manifest’s score.space.',
    { row: index[at], score: String(output[at]) },
  );
}
