import { ScoreBuffer } from '../../data/scores/buffer.ts';
import { openScoreFile, type ScoreSource, type Scores, writeScoreFile } from '../../data/scores/file.ts';
import type { RawOutputs } from '../../data/scores/scale.ts';
import type { Batch } from '../../data/types.ts';
import { analysisFailed } from '../../errors.ts';
import type { Analysis } from '../analysis.ts';
import { intervenedInputs, intervenedProgram, intervenedValues } from '../interventions/intervened.ts';
import { type Intervention, type MeanPart, meanParts, scaledColumns } from '../interventions/intervention.ts';
import { type Settled, settled } from '../interventions/settled.ts';
import { exactOutput, type ScoreTarget, scaleOf } from '../score.ts';

/** What is scored, and in which model. */
export interface ScoresSpec {
  /** Which element of which output; the manifest's score when omitted. */
  readonly target?: ScoreTarget;
  /** What is not as it was in the model; absent, and never empty, where it is as it is. */
  readonly interventions?: readonly Intervention[];
}

const ofScores = { target: true, interventions: true } satisfies Readonly<Record<keyof ScoresSpec, true>>;

/** The question about scores that a reading of them depends on: all that it says of them, and nothing else. */
export const partOf = (spec: ScoresSpec): ScoresSpec =>
  Object.fromEntries(Object.entries(spec).filter(([name, value]) => name in ofScores && value !== undefined));

/** The output of every row that is scored: the one state that is O(rows), and so beyond a million rows lies in a temporary file. */
export interface ScoresState {
  readonly buffer: ScoreBuffer;
  readonly intervened?: readonly Settled[] | undefined;
}

export const scores: Analysis<ScoresSpec, ScoresState, ScoreSource, readonly MeanPart[]> = {
  kind: 'fold',
  name: 'scores',
  version: 2,
  parts: ({ interventions }) => meanParts(interventions),
  columns: ({ interventions }) => scaledColumns(interventions),
  start: ({ target, interventions }, subject, ...means) => ({
    buffer: new ScoreBuffer(scaleOf(subject, target)),
    intervened: interventions && settled(interventions, means, subject),
  }),
  program({ target }, subject, { intervened }) {
    const output = exactOutput(subject, target ?? subject.score);
    return intervened === undefined ? { outputs: { output } } : intervenedProgram(intervened, subject, output);
  },
  parameters: ({ intervened = [] }, batch) => intervenedValues(intervened, batch),
  inputs: ({ intervened = [] }, batch, _spec, subject) => intervenedInputs(intervened, subject, batch),
  fold(state, outputs, batch) {
    const output = outputs.output?.data as RawOutputs;
    assertProbabilities(state, output, batch.index);
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

function assertProbabilities(
  { buffer: { scale }, intervened }: ScoresState,
  output: RawOutputs,
  index: Float64Array,
): void {
  const { space } = scale;
  if (space === 'VALUE') return;
  const isScore =
    space === 'LOGIT' ? (value: number) => !Number.isNaN(value) : (value: number) => value >= 0 && value <= 1;
  const at = output.findIndex((value) => !isScore(value));
  if (at < 0) return;
  const remedy =
    intervened === undefined
      ? 'If the output is a logit or a plain value, say so in the manifest’s score.space.'
      : 'It is what these interventions make of it: choose other values, or a layer before the last.';
  throw analysisFailed(`The score of row ${index[at]} is ${output[at]}, which is no probability. ${remedy}`, {
    row: index[at],
    score: String(output[at]),
  });
}
