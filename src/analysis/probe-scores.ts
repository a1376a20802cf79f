import type { Scores } from '../data/score-file.ts';
import { analysisFailed, badUserInput } from '../errors.ts';
import type { Analysis, Reading } from './analysis.ts';
import { type EvaluationResult, evaluation } from './evaluation.ts';
import { columnsOf, fittedTo, type ProbeFit, type ProbeSpec } from './probe.ts';
import { probability, weightValues } from './probes/newton.ts';
import { type ScoresState, scores } from './scores.ts';
import { layerOf } from './units.ts';

interface ProbeScoresState {
  readonly spec: ProbeSpec;
  readonly fit: ProbeFit;
  readonly scores: ScoresState;
}

/**
 * The probability that a probe, fitted on the rows `train`, gives each row, with the probe's target in the label's place: rows
 * without a target are in no figure. Throws BAD_USER_INPUT when no row has one.
 */
export const probeScores: Analysis<ProbeSpec, ProbeScoresState, Scores, [ProbeFit]> = {
  name: 'probeScores',
  version: 1,
  parts: (spec) => [{ name: 'probe', spec, over: 'train' }],
  columns: columnsOf,
  start: (spec, _subject, fit) => ({ spec, fit, scores: { isProbability: true, row: [], score: [], label: [] } }),
  program: (spec, subject) => ({ outputs: { score: probability(layerOf(spec, subject)) } }),
  parameters: ({ fit }) => weightValues(fit, fit.weights),
  fold(state, outputs, batch) {
    const score = outputs.score?.data as Float32Array;
    const bad = score.findIndex(Number.isNaN);
    if (bad >= 0)
      throw analysisFailed(
        `The layer “${state.spec.layer}” has values in row ${batch.index[bad]} that are not finite.`,
      );
    const { value, known } = fittedTo(state.spec, state.fit, batch);
    state.scores.row.push(batch.index);
    state.scores.score.push(score);
    state.scores.label.push(Int8Array.from(value, (one, at) => (known[at] === 1 ? one : -1)));
    return state;
  },
  merge: (a, b) => ({ ...a, scores: scores.merge(a.scores, b.scores) }),
  finish(state) {
    const result = scores.finish(state.scores);
    if (result.label.every((label) => label < 0))
      throw badUserInput(
        'test',
        'None of the rows has the probe’s target: there is nothing to judge it by. Select others.',
      );
    return result;
  },
  files: scores.files as NonNullable<typeof scores.files>,
};

/** How good a probe is on rows: AUC, grouped, by partition. */
export const probeEvaluation: Reading<ProbeSpec, [Scores], EvaluationResult> = {
  name: 'probeEvaluation',
  version: evaluation.version,
  parts: (spec) => [{ name: 'probeScores', spec }],
  read: (_spec, parts, rows) => evaluation.read({}, parts, rows),
};
