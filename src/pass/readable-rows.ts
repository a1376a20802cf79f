import type { ReadableRows } from '../analysis/analysis.ts';
import { isNumeric } from '../data/columns/type.ts';
import { readColumns } from '../data/columns/values.ts';
import { typeOf } from '../data/duckdb/sql.ts';
import type { PassRequest } from './protocol.ts';

/** What readings may know of the rows of a pass. */
export const readableRows = ({ dataset, rows, partitions }: Omit<PassRequest, 'model'>): ReadableRows => ({
  partitionBy: dataset.partitionBy,
  groupBy: dataset.groupBy,
  partitions,
  columns: (wanted, stretches) => readColumns(dataset, wanted, { selection: rows, stretches }),
  isNumber: (column) => isNumeric(typeOf(dataset, column)),
});
