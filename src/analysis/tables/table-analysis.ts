import type { WeightTable } from '../../compute/executor.ts';
import { analysisFailed } from '../../errors.ts';
import type { Question } from '../question.ts';

/** Of every question about a table. */
export interface TableSpec {
  /** The name of the weight. */
  readonly table: string;
}

/** Consecutive entries of a table, [entries, dimension]. */
export type Entries = Float32Array | Float64Array;

/**
 * A question about a table of weights alone: a fold over its entries and an end, without rows. State is small beside the table,
 * which is read in blocks, once for all questions about it.
 */
export interface TableAnalysis<Spec extends TableSpec, State, Result> extends Question<Spec, Result> {
  readonly kind: 'table';
  start(spec: Spec, table: WeightTable): State | Promise<State>;
  /** Fed with every block, in order; `first` is the number of its first entry. May change the state in place. */
  fold(state: State, entries: Entries, first: number): State;
  /** Another sweep over the entries; undefined ends. */
  again?(state: State): State | undefined;
  finish(state: State): Result;
}

/** L2 norm of the entry that begins at `from`, in float64. Throws ANALYSIS_FAILED for one that is infinite or NaN. */
export function normOf(entries: Entries, from: number, dimension: number, entry: number): number {
  let squares = 0;
  for (let at = from; at < from + dimension; at++) {
    const value = entries[at] as number;
    squares += value * value;
  }
  const norm = Math.sqrt(squares);
  if (Number.isFinite(norm)) return norm;
  throw analysisFailed(
    `Entry ${entry} of the table is infinite or NaN, so that it has no norm. Train the model again.`,
    {
      entry,
    },
  );
}
