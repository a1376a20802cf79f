import { categoriesIn, hasNumbers, numbersIn } from '../../data/columns/samples.ts';
import { badUserInput } from '../../errors.ts';
import type { Reading } from '../analysis.ts';
import { type Shift, shiftOfCounts, shiftOfNumbers } from './shift.ts';

export interface ShiftedColumn {
  readonly column: string;
  readonly isCategory: boolean;
}

export interface ColumnShiftSpec {
  readonly columns: readonly ShiftedColumn[];
}

export interface ColumnShift extends Shift {
  /** Shares of rows without a value: null, or NaN. */
  readonly missingReference: number;
  readonly missingCurrent: number;
  /** Share of the current rows, of lists of their elements, whose value the reference does not have; NaN for numbers. */
  readonly unseen: number;
}

/**
 * How far raw values of columns lie from those of the rows in the role `reference`, in the order of the columns; of lists, their elements.
 * Numbers over the reference's deciles; categories over its 50 most frequent values and one bin for all others, without KS and
 * Wasserstein distance. Exact.
 */
export const columnShift: Reading<ColumnShiftSpec, readonly [], readonly ColumnShift[]> = {
  kind: 'reading',
  name: 'columnShift',
  version: 1,
  roles: ['reference'],
  parts: () => [],
  async read({ columns }, _parts, { source, roles }) {
    const reference = roles.reference?.source;
    if (reference === undefined) throw new Error('a shift is from a reference');
    const shifts: ColumnShift[] = [];
    for (const { column, isCategory } of columns) {
      if (isCategory) {
        const found = await categoriesIn(reference, source, column);
        shifts.push({
          ...shiftOfCounts(found.referenceCounts, found.currentCounts),
          ks: Number.NaN,
          wasserstein: Number.NaN,
          ...missingShares(found.reference, found.current),
          unseen: found.unseen,
        });
        continue;
      }
      for (const { dataset } of [reference, source])
        if (!hasNumbers(dataset, column))
          throw badUserInput('rows', `The column “${column}” has no numbers, as the model’s feature has.`);
      const [before, after] = [await numbersIn(reference, column), await numbersIn(source, column)];
      shifts.push({
        ...shiftOfNumbers(before.sorted, after.sorted),
        ...missingShares(before, after),
        unseen: Number.NaN,
      });
    }
    return shifts;
  },
};

const share = (count: number, of: number): number => (of === 0 ? 0 : count / of);

const missingShares = (
  reference: { readonly rowCount: number; readonly missingCount: number },
  current: { readonly rowCount: number; readonly missingCount: number },
): Pick<ColumnShift, 'missingReference' | 'missingCurrent'> => ({
  missingReference: share(reference.missingCount, reference.rowCount),
  missingCurrent: share(current.missingCount, current.rowCount),
});
