import type { Expression, Program } from '../../compute/program.ts';
import type { Encoded } from '../../data/batches/string-table.ts';
import type { Batch, InputRows } from '../../data/types.ts';
import type { Subject, Values } from '../analysis.ts';
import type { Target } from '../target.ts';
import type { BaselineRows } from './baseline-rows.ts';

export const attributionMethods = [
  'SALIENCY',
  'INPUT_X_GRADIENT',
  'INTEGRATED_GRADIENTS',
  'SMOOTHGRAD',
  'SMOOTHGRAD_SQUARED',
  'VARGRAD',
  'GRADIENT_SHAP',
  'DEEP_LIFT',
  'FEATURE_ABLATION',
  'FEATURE_PERMUTATION',
  'SHAPLEY_SAMPLING',
] as const;
export type AttributionMethod = (typeof attributionMethods)[number];

/**
 * Where a method starts from, other than zero carriers. MEAN: the mean carriers over the rows, positions that are padding left out.
 * ROW: what a row holds, by input, as the model takes it. DRAWN: one of other rows for each sample (drawn.ts).
 */
export type Baseline =
  | { readonly kind: 'MEAN' }
  | { readonly kind: 'DRAWN' }
  | { readonly kind: 'ROW'; readonly inputs: Readonly<Record<string, readonly Encoded[]>> };

/** How a target is attributed. What a method does not have is undefined (options.ts). */
export interface AttributionSpec {
  readonly method: AttributionMethod;
  readonly target: Target;
  /** Nodes of the integral. */
  readonly steps?: number;
  /** Noisy copies, permutations. */
  readonly samples?: number;
  /** Standard deviation of the noise on every element of a carrier. */
  readonly noise?: number;
  readonly seed?: number;
  /** Zero carriers when undefined. */
  readonly baseline?: Baseline;
}

/**
 * The attributions of every row of a batch, as expressions over one run of the program that they make up. What is done with them,
 * folded over rows or given out row by row, is no matter of the method. Players are every feature, then every group (players.ts).
 */
export interface RowAttributions extends Omit<Program, 'outputs'> {
  /** [rows, players]: the L2 norm of the attribution over the player's carriers. */
  readonly norms: Expression;
  /** [rows, players]: its sum over the carriers, with its sign. */
  readonly sums: Expression;
  /** [rows]: f(x). */
  readonly target: Expression;
  /** [rows]: f(baseline), of methods that start from one. */
  readonly baseline?: Expression;
  /** [rows]: Σ attributions − (f(x) − f(baseline)), of methods that are complete. */
  readonly gap?: Expression;
  /** Of a value with one element a row of the run, which may hold several copies of the batch, those of the batch itself: [rows]. */
  atRows(value: Expression): Expression;
}

/** The code of a family of methods. */
export interface Method {
  rows(spec: AttributionSpec, subject: Subject): RowAttributions;
  /** Of a program that `takesOwnInputs`. */
  inputs?(spec: AttributionSpec, subject: Subject, batch: Batch): InputRows;
  /** What is drawn for the rows of a batch. */
  parameters?(spec: AttributionSpec, subject: Subject, batch: Batch, baselines: BaselineRows | null): Values;
}
