import { type CopyOfRows, copiesOf, keptRow, rowsWith } from '../../data/batches/copies.ts';
import { numberTaker } from '../../data/batches/decode.ts';
import { type Batch, type InputRows, rowColumnName } from '../../data/types.ts';
import { bindingMismatch } from '../../errors.ts';
import type { Subject } from '../analysis.ts';
import { inputType, numericAt, type SettledFeatures } from './settled.ts';

/** The batch with the values of features changed, as if somebody had written its rows so. Throws BINDING_MISMATCH for one that a row cannot have. */
export const changedInputs = (all: readonly SettledFeatures[], subject: Subject, batch: Batch): InputRows =>
  all.reduce<InputRows>((rows, one) => copiesOf(rows, subject.features, [changedCopy(one, subject, batch)]), batch);

function changedCopy({ features, by }: SettledFeatures, subject: Subject, batch: Batch): CopyOfRows {
  switch (by.kind) {
    case 'ROW':
      return { replaced: () => features, other: keptRow(by.row, batch), otherRow: () => 0 };
    case 'OTHER_ROWS':
      return { replaced: () => features, other: otherRows(batch, by.other), otherRow: (row) => row };
    case 'FACTOR':
      return scaledCopy(features[0] as number, by, subject, batch);
  }
}

/** So many places further among all of the rows, by the shuffle. */
export function otherRows({ others = [] }: Batch, other: number): InputRows {
  const rows = others[other];
  if (rows === undefined) throw new Error(`the batch came without the other rows ${other}`);
  return rows;
}

function scaledCopy(
  at: number,
  { column, factor }: { readonly column: string; readonly factor: number },
  subject: Subject,
  batch: Batch,
): CopyOfRows {
  const feature = numericAt(at, subject);
  const raw = batch.columns[rowColumnName({ column })] as Float64Array;
  const take = numberTaker(feature, inputType(feature, subject));
  const values = Array.from(raw, (value, row) => {
    if (Number.isNaN(value)) return 0;
    const scaled = value * factor;
    const taken = take(scaled);
    if (typeof taken === 'number') return taken;
    throw bindingMismatch(
      `The value ${value} of the feature “${feature.name}” (column “${column}”) in row ${batch.index[row]} is ${taken} when it is scaled by ${factor}.`,
      { feature: feature.name, column, row: batch.index[row], value: String(scaled) },
    );
  });
  return {
    replaced: (row) => (Number.isNaN(raw[row]) ? [] : [at]),
    other: rowsWith(values, feature, batch),
    otherRow: (row) => row,
  };
}
