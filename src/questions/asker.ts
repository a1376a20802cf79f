import type { Branch } from '../planner/branch.ts';
import type { Planner, PlannerScope } from '../planner/planner.ts';
import type { Answer } from '../planner/question.ts';
import type { Database } from '../store/database.ts';
import type { DatasetRow } from '../store/datasets.ts';
import type { Lookups } from '../store/lookups.ts';

/** What whoever asks several things at once has in common: a request, a review. */
export interface Asking {
  readonly database: Database;
  readonly lookups: Lookups;
  readonly planner: Planner;
  readonly scope: PlannerScope;
  /** The folder of the server's files, in which the vocabularies of manifests lie. */
  readonly home: string;
  /** Datasets that were asked about, by name and version. */
  readonly datasets: Map<string, Promise<DatasetRow>>;
  /** Questions that were asked: the same again is the same answer. */
  readonly answers: Map<string, Promise<Answer<unknown>>>;
}

/** Who asks: one of the branches of it all. */
export interface Asker extends Asking {
  readonly branch: Branch;
}

/**
 * Does work that asks, beside whatever else is asked: as a branch of its own, so that what it asks one after the other shares passes
 * with what others ask meanwhile.
 */
export const beside = <Whole extends Asking, Value>(
  whole: Whole,
  work: (asker: Whole & { readonly branch: Branch }) => Value,
): Value => whole.scope.run((branch) => work(Object.create(whole, { branch: { value: branch } })));
