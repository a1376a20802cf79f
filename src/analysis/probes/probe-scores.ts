import { ScoreBuffer } from '../../data/scores/buffer.ts';
import type { ScoreSource } from '../../data/scores/file.ts';
import { analysisFailed, badUserInput } from '../../errors.ts';
import type { Analysis, Reading } from '../analysis.ts';
import { type EvaluationResult, evaluation } from '../quality/evaluation.ts';
import { type ScoresState, scores } from '../quality/scores.ts';
import { part } from '../question.ts';
import { layerOf } from '../units/units.ts';
import { probeLogit, weightValues } from './newton.ts';
import { columnsOf, fittedTo, type ProbeFit, type ProbeSpec, probe } from './probe.ts';

interface ProbeScoresState extends ScoresState {
  readonly spec: ProbeSpec;
  readonly fit: ProbeFit;
  /** Rows that have a target. */
  knownCount: number;
}

/**
 * The logit that a probe, fitted on the rows `train`, gives each row, with the probe's target in the label's place: a row
 * without one is in no figure. Throws BAD_USER_INPUT when no row has one.
 */
export const probeScores: Analysis<ProbeSpec, ProbeScoresState, ScoreSource, [ProbeFit]> = {
  kind: 'fold',
  name: 'probeScores',
  version: 4,
  parts: (spec) => [part(probe, spec, 'train')],
  columns: columnsOf,
  start: (spec, _subject, fit) => ({
    spec,
    fit,
    knownCount: 0,
    buffer: new ScoreBuffer({ scale: { space: 'LOGIT' }, precision: 'float32' }),
  }),
  program: (spec, subject) => ({ outputs: { output: probeLogit(layerOf(spec, subject)) } }),
  parameters: ({ fit }) => weightValues(fit, fit.weights),
  fold(state, outputs, batch) {
    const output = outputs.output?.data as Float32Array;
    const bad = output.findIndex(Number.isNaN);
    if (bad >= 0)
      throw analysisFailed(
        `The layer “${state.spec.layer}” has a value in row ${batch.index[bad]} that is not finite.`,
      );
    const { value, known, count } = fittedTo(state.spec, state.fit, batch);
    const label = Int8Array.from(value, (one, at) => (known[at] === 1 ? one : -1));
    state.buffer.add({ row: batch.index, output, label });
    state.knownCount += count;
    return state;
  },
  merge: (a, b) => ({ ...a, ...scores.merge(a, b), knownCount: a.knownCount + b.knownCount }),
  finish(state) {
    if (state.knownCount > 0) return scores.finish(state);
    throw badUserInput(
      'test',
      'None of the rows has the probe’s target: there is nothing to judge it by. Select others.',
    );
  },
  release: ({ buffer }) => buffer.release(),
  files: scores.files as NonNullable<typeof scores.files>,
};

/** How good a probe is on rows: AUC, grouped, by partition. */
export const probeEvaluation: Reading<ProbeSpec, [ScoreSource], EvaluationResult> = {
  kind: 'reading',
  name: 'probeEvaluation',
  version: evaluation.version,
  parts: (spec) => [part(probeScores, spec)],
  read: (_spec, parts, rows) => evaluation.read({}, parts, rows),
};
