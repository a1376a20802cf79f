import { keptRow } from '../../data/batches/copies.ts';
import type { Batch } from '../../data/types.ts';
import type { Analysis, Subject, Values } from '../analysis.ts';
import { part } from '../question.ts';
import { baselineProgram, baselineValues, foldBaseline, type Gathered, mergeBaselines } from './baseline.ts';
import { type BaselineRows, baselineRows } from './baseline-rows.ts';
import type { Baseline } from './method.ts';

/** Carriers that rows have to be read for are found in a sweep of their own, the first. */
export interface FromBaseline<State> {
  /** In the first sweep; afterwards null. */
  readonly gathering: Gathered | null;
  readonly baseline: Gathered | null;
  /** What baselines are drawn from, where they are. */
  readonly drawn: BaselineRows | null;
  readonly own: State;
}

interface Specified {
  readonly baseline?: Baseline;
}

/** An analysis to be, whose batches may want baselines that are drawn. */
interface Own<Spec, State, Result> extends Omit<Analysis<Spec, State, Result>, 'kind' | 'parameters'> {
  parameters?(state: State, batch: Batch, spec: Spec, subject: Subject, drawn: BaselineRows | null): Values;
}

/**
 * The same analysis, its program given the parameters of `baselineCarriers`. `isGathered`: whether it wants those of this
 * specification; where it says no, it has no first sweep.
 */
export const fromBaseline = <Spec extends Specified, State, Result>(
  analysis: Own<Spec, State, Result>,
  isGathered: (spec: Spec) => boolean = ({ baseline }) => baseline !== undefined,
): Analysis<Spec, FromBaseline<State>, Result, readonly BaselineRows[]> => ({
  kind: 'fold',
  name: analysis.name,
  version: analysis.version,
  parts: ({ baseline }) => (baseline?.kind === 'DRAWN' ? [part(baselineRows, {}, 'baseline')] : []),
  start: (spec, subject, drawn) => ({
    gathering: isGathered(spec) ? {} : null,
    baseline: null,
    drawn: drawn ?? null,
    own: analysis.start(spec, subject),
  }),
  program: (spec, subject, { gathering, own }) =>
    gathering !== null && spec.baseline !== undefined
      ? baselineProgram(spec.baseline, subject)
      : analysis.program(spec, subject, own),
  inputs: ({ gathering, own }, batch, spec, subject) =>
    gathering !== null && spec.baseline?.kind === 'ROW'
      ? keptRow(spec.baseline.inputs, batch)
      : (analysis.inputs?.(own, batch, spec, subject) ?? batch),
  parameters({ gathering, baseline, drawn, own }, batch, spec, subject): Values {
    if (gathering !== null) return {};
    const values = analysis.parameters?.(own, batch, spec, subject, drawn) ?? {};
    return baseline === null ? values : { ...values, ...baselineValues(baseline, subject) };
  },
  fold: (state, outputs, batch) =>
    state.gathering === null
      ? { ...state, own: analysis.fold(state.own, outputs, batch) }
      : { ...state, gathering: foldBaseline(state.gathering, outputs) },
  merge: (a, b) =>
    a.gathering === null || b.gathering === null
      ? { ...a, own: analysis.merge(a.own, b.own) }
      : { ...a, gathering: mergeBaselines(a.gathering, b.gathering) },
  again: (state) => (state.gathering === null ? undefined : { ...state, gathering: null, baseline: state.gathering }),
  sweepsAfter: ({ gathering }) => (gathering === null ? 0 : 1),
  finish: ({ own }) => analysis.finish(own),
});
