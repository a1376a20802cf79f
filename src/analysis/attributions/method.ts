import type { Expression, Program } from '../../compute/program.ts';
import type { Subject } from '../analysis.ts';
import type { Target } from '../target.ts';

export const attributionMethods = ['SALIENCY', 'INPUT_X_GRADIENT', 'INTEGRATED_GRADIENTS'] as const;
export type AttributionMethod = (typeof attributionMethods)[number];

/** How a target is attributed. Numbers that the method has are said, others left out (options.ts of graph/ gives the defaults). */
export interface AttributionSpec {
  readonly method: AttributionMethod;
  readonly target: Target;
  /** INTEGRATED_GRADIENTS: Gauss–Legendre nodes. */
  readonly steps?: number;
}

/**
 * The attributions of every row of a batch, as expressions over one run of the program that they make up. What is done with them,
 * folded over rows or given out row by row, is no matter of the method. Players are every feature, then every group (players.ts).
 */
export interface RowAttributions extends Pick<Program, 'overrides' | 'rowsAtOnce'> {
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

/** A family of methods. */
export type Method = (spec: AttributionSpec, subject: Subject) => RowAttributions;
