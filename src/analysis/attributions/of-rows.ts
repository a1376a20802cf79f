import type { Program } from '../../compute/program.ts';
import type { Batch } from '../../data/types.ts';
import type { Analysis, Outputs, Subject, Values } from '../analysis.ts';
import { baselineProgram, baselineValues, foldBaseline, type Gathered, mergeBaselines } from './baseline.ts';
import type { AttributionSpec, RowAttributions } from './method.ts';
import { methods } from './methods.ts';

/** What is made of the attributions of rows: an analysis, but for how they come about. */
export interface Use<Spec extends AttributionSpec, State, Result> {
  readonly name: string;
  readonly version: number;
  start(spec: Spec, subject: Subject): State;
  /** What of them leaves the executor. */
  outputs(rows: RowAttributions, spec: Spec, subject: Subject): Program['outputs'];
  fold(state: State, outputs: Outputs, batch: Batch): State;
  merge(a: State, b: State): State;
  finish(state: State): Result;
}

/** Methods that start from carriers which rows have to be read for (baseline.ts) do so in a sweep of its own, the first. */
export interface RowsState<State> {
  /** In the first sweep; afterwards null. */
  readonly gathering: Gathered | null;
  readonly baseline: Gathered | null;
  readonly own: State;
}

/** The analysis that makes this use of the attributions of rows, by any method. */
export const ofRows = <Spec extends AttributionSpec, State, Result>(
  use: Use<Spec, State, Result>,
): Analysis<Spec, RowsState<State>, Result> => ({
  name: use.name,
  version: use.version,
  start: (spec, subject) => ({
    gathering: needsGathering(spec) ? {} : null,
    baseline: null,
    own: use.start(spec, subject),
  }),
  program(spec, subject, { gathering }) {
    if (gathering !== null && spec.baseline !== undefined) return baselineProgram(spec.baseline, subject);
    const rows = methods[spec.method].rows(spec, subject);
    const { overrides, rowsAtOnce, others } = rows;
    return {
      outputs: use.outputs(rows, spec, subject),
      ...(overrides === undefined ? {} : { overrides }),
      ...(rowsAtOnce === undefined ? {} : { rowsAtOnce }),
      ...(others === undefined ? {} : { others }),
    };
  },
  parameters({ gathering, baseline }, batch, spec, subject): Values {
    if (gathering !== null) return {};
    const drawn = methods[spec.method].parameters?.(spec, subject, batch) ?? {};
    return baseline === null ? drawn : { ...drawn, ...baselineValues(baseline, subject) };
  },
  fold: ({ gathering, baseline, own }, outputs, batch) =>
    gathering === null
      ? { gathering, baseline, own: use.fold(own, outputs, batch) }
      : { gathering: foldBaseline(gathering, outputs), baseline, own },
  merge: (a, b) =>
    a.gathering === null || b.gathering === null
      ? { ...a, own: use.merge(a.own, b.own) }
      : { ...a, gathering: mergeBaselines(a.gathering, b.gathering) },
  again: ({ gathering, own }) => (gathering === null ? undefined : { gathering: null, baseline: gathering, own }),
  finish: ({ own }) => use.finish(own),
});

/** Perturbations towards a row replace the inputs themselves. */
const needsGathering = ({ method, baseline }: AttributionSpec): boolean =>
  baseline?.kind === 'MEAN' || (baseline?.kind === 'ROW' && !isPerturbation(method));

const isPerturbation = (method: AttributionSpec['method']): boolean =>
  method === 'FEATURE_ABLATION' || method === 'SHAPLEY_SAMPLING';
