import { type Expression, type Program, reshape, slice } from '../../compute/program.ts';
import { type CopyOfRows, copiesOf } from '../../data/batches/copies.ts';
import type { Batch, InputRows } from '../../data/types.ts';
import type { Subject, Values } from '../analysis.ts';
import { onCopies } from '../attributions/inputs.ts';
import { changedInputs, otherRows } from './inputs.ts';
import { isOfFeatures, isOfUnits, type Settled } from './settled.ts';
import { copiedRows, overridesOf } from './units.ts';

/** Of which row another one's values are taken is drawn anew with another seed; everybody asks with the same. */
const seed = 0;

/** A value of every row, [rows], of a model in which all of these interventions hold. */
export function intervenedProgram(all: readonly Settled[], subject: Subject, value: Expression): Program {
  const units = all.filter(isOfUnits);
  const sources = sourcesOf(all);
  const count = sources.size + 1;
  const otherCount = all.filter(({ by }) => by.kind === 'OTHER_ROWS').length;
  const ofBatch = count === 1 ? value : reshape(slice(reshape(value, [count, -1]), 0, 0, 1), [-1]);
  return {
    outputs: { output: ofBatch },
    ...(units.length > 0 && { overrides: overridesOf(units, subject, sources) }),
    ...((count > 1 || all.some(isOfFeatures)) && onCopies(count, subject)),
    ...(otherCount > 0 && { others: { count: otherCount, seed } }),
  };
}

/** Of every shuffle of units, by the other rows that it takes values from: the copy in which they are run. */
const sourcesOf = (all: readonly Settled[]): ReadonlyMap<number, number> =>
  new Map(
    all
      .filter(isOfUnits)
      .flatMap(({ by }) => (by.kind === 'OTHER_ROWS' ? [by.other] : []))
      .map((other, at) => [other, at + 1]),
  );

export const intervenedValues = (all: readonly Settled[], { rowCount }: Batch): Values =>
  copiedRows(sourcesOf(all), rowCount);

/** The batch with its features changed; behind it, the rows whose neurons lend their values, as they are. */
export function intervenedInputs(all: readonly Settled[], subject: Subject, batch: Batch): InputRows {
  const { features } = subject;
  const own = changedInputs(all.filter(isOfFeatures), subject, batch);
  const sources = [...sourcesOf(all).keys()];
  if (sources.length === 0) return own;
  const everything = features.map((_, at) => at);
  const otherRow = (row: number): number => row;
  const copies: CopyOfRows[] = [
    { replaced: () => [], other: own, otherRow },
    ...sources.map((other) => ({ replaced: () => everything, other: otherRows(batch, other), otherRow })),
  ];
  return copiesOf(own, features, copies);
}
