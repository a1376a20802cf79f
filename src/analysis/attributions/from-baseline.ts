import type { Analysis, Values } from '../analysis.ts';
import { baselineProgram, baselineValues, foldBaseline, type Gathered, mergeBaselines } from './baseline.ts';
import type { Baseline } from './method.ts';

/** Carriers that rows have to be read for are found in a sweep of their own, the first. */
export interface FromBaseline<State> {
  /** In the first sweep; afterwards null. */
  readonly gathering: Gathered | null;
  readonly baseline: Gathered | null;
  readonly own: State;
}

interface Specified {
  readonly baseline?: Baseline;
}

/**
 * The same analysis, its program given the parameters of `baselineCarriers`. `isGathered`: whether it wants those of this
 * specification; where it says no, it has no first sweep.
 */
export const fromBaseline = <Spec extends Specified, State, Result>(
  analysis: Analysis<Spec, State, Result>,
  isGathered: (spec: Spec) => boolean = ({ baseline }) => baseline !== undefined,
): Analysis<Spec, FromBaseline<State>, Result> => ({
  name: analysis.name,
  version: analysis.version,
  start: (spec, subject) => ({
    gathering: isGathered(spec) ? {} : null,
    baseline: null,
    own: analysis.start(spec, subject),
  }),
  program: (spec, subject, { gathering, own }) =>
    gathering !== null && spec.baseline !== undefined
      ? baselineProgram(spec.baseline, subject)
      : analysis.program(spec, subject, own),
  parameters({ gathering, baseline, own }, batch, spec, subject): Values {
    if (gathering !== null) return {};
    const values = analysis.parameters?.(own, batch, spec, subject) ?? {};
    return baseline === null ? values : { ...values, ...baselineValues(baseline, subject) };
  },
  fold: ({ gathering, baseline, own }, outputs, batch) =>
    gathering === null
      ? { gathering, baseline, own: analysis.fold(own, outputs, batch) }
      : { gathering: foldBaseline(gathering, outputs), baseline, own },
  merge: (a, b) =>
    a.gathering === null || b.gathering === null
      ? { ...a, own: analysis.merge(a.own, b.own) }
      : { ...a, gathering: mergeBaselines(a.gathering, b.gathering) },
  again: ({ gathering, own }) => (gathering === null ? undefined : { gathering: null, baseline: gathering, own }),
  sweepsAfter: ({ gathering }) => (gathering === null ? 0 : 1),
  finish: ({ own }) => analysis.finish(own),
});
