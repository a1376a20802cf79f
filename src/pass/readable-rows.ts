import type { ReadableRows } from '../analysis/analysis.ts';
import { isNumeric } from '../data/column-type.ts';
import { columnCodes, columnNumbers } from '../data/column-values.ts';
import { typeOf } from '../data/sql.ts';
import type { PassRequest } from './protocol.ts';

/** What readings may know of the rows of a pass. */
export const readableRows = ({ dataset, rows, partitions }: Omit<PassRequest, 'model'>): ReadableRows => ({
  partitionBy: dataset.partitionBy,
  groupBy: dataset.groupBy,
  partitions,
  codes: (column, index) => columnCodes(dataset, column, { selection: rows, index }),
  numbers: (column, index) => columnNumbers(dataset, column, { selection: rows, index }),
  isNumber: (column) => isNumeric(typeOf(dataset, column)),
});
