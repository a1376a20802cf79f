import type { Program } from '../../compute/program.ts';
import type { Batch } from '../../data/types.ts';
import type { Analysis, Outputs, Subject } from '../analysis.ts';
import type { BaselineRows } from './baseline-rows.ts';
import { type FromBaseline, fromBaseline } from './from-baseline.ts';
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

/** The analysis that makes this use of the attributions of rows, by any method. */
export const ofRows = <Spec extends AttributionSpec, State, Result>({
  outputs,
  ...use
}: Use<Spec, State, Result>): Analysis<Spec, FromBaseline<State>, Result, readonly BaselineRows[]> =>
  fromBaseline(
    {
      ...use,
      program(spec, subject) {
        const rows = methods[spec.method].rows(spec, subject);
        const { overrides, rowsAtOnce, takesOwnInputs, others } = rows;
        return {
          outputs: outputs(rows, spec, subject),
          ...(overrides && { overrides }),
          ...(rowsAtOnce && { rowsAtOnce }),
          ...(takesOwnInputs && { takesOwnInputs }),
          ...(others && { others }),
        };
      },
      inputs: (_, batch, spec, subject) => methods[spec.method].inputs?.(spec, subject, batch) ?? batch,
      parameters: (_, batch, spec, subject, drawn) =>
        methods[spec.method].parameters?.(spec, subject, batch, drawn) ?? {},
    },
    isGathered,
  );

/** Perturbations towards a row replace the inputs themselves. */
const isGathered = ({ method, baseline }: AttributionSpec): boolean =>
  baseline?.kind === 'MEAN' || (baseline?.kind === 'ROW' && !isPerturbation(method));

const isPerturbation = (method: AttributionSpec['method']): boolean =>
  method === 'FEATURE_ABLATION' || method === 'SHAPLEY_SAMPLING';
