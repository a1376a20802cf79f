import { type Expression, type Program, reshape, slice } from '../../compute/program.ts';
import { copiesOf, keptRow } from '../../data/batches/copies.ts';
import type { Batch, InputRows } from '../../data/types.ts';
import type { Subject } from '../analysis.ts';
import { carriersOfFeatures } from '../players.ts';
import { baselineCarriers } from './baseline.ts';
import { Copies } from './copies.ts';
import { onCopies } from './inputs.ts';
import type { AttributionSpec } from './method.ts';
import type { ByFeature } from './positions.ts';

/**
 * The program of copies whose features are each at the row (position 1) or at the baseline (0). A baseline that is a row replaces the
 * inputs, so that the model looks up, masks and computes as if it had got it; one that is no row (zero, mean) replaces the carriers.
 */
export function perturbed(
  spec: AttributionSpec,
  subject: Subject,
  count: number,
  positions: ByFeature,
): Pick<Program, 'overrides' | 'rowsAtOnce' | 'takesOwnInputs'> {
  if (spec.baseline?.kind === 'ROW') return onCopies(count, subject);
  const moves = { count, positions, baseline: baselineCarriers(spec, subject) };
  return new Copies(subject, carriersOfFeatures(subject), moves).program();
}

/** The inputs of these copies where the baseline is a row. `absent`: of a copy and a row, the features that are at the baseline. */
export function perturbedInputs(
  { baseline }: AttributionSpec,
  { features }: Subject,
  batch: Batch,
  absent: readonly ((row: number) => readonly number[] | Uint32Array)[],
): InputRows {
  if (baseline?.kind !== 'ROW') return batch;
  const other = keptRow(baseline.inputs, batch);
  return copiesOf(
    batch,
    features,
    absent.map((replaced) => ({ replaced, other, otherRow: () => 0 })),
  );
}

/** Of figures of all copies, one a row: [copies, rows]. */
export const eachOf = (count: number, figures: Expression): Expression => reshape(figures, [count, -1]);

/** Of those, one copy's: [rows]. */
export const copyOf = (each: Expression, at: number): Expression => reshape(slice(each, 0, at, at + 1), [-1]);
