import type { ReadableRows } from '../analysis/analysis.ts';
import type { BoundInputs } from '../data/batches/bind.ts';
import { isNumeric } from '../data/columns/type.ts';
import { readColumns } from '../data/columns/values.ts';
import { typeOf } from '../data/duckdb/sql.ts';
import type { PassRequest } from './protocol.ts';
import { batchesOf } from './sweep.ts';

/** What readings may know of the rows of a pass. `bound`: to the inputs of its model, where it has one. */
export const readableRows = (
  { dataset, rows, partitions }: Pick<PassRequest, 'dataset' | 'rows' | 'partitions'>,
  bound?: BoundInputs,
): ReadableRows => ({
  source: {
    dataset,
    selection: rows,
    async *used() {
      if (bound === undefined) throw new Error('which rows are used is asked of a model and rows');
      for await (const { index } of batchesOf({ dataset, rows, bound })) yield index;
    },
  },
  roles: {},
  partitionBy: dataset.partitionBy,
  groupBy: dataset.groupBy,
  partitions,
  columns: (wanted, stretches) => readColumns(dataset, wanted, { selection: rows, stretches }),
  isNumber: (column) => isNumeric(typeOf(dataset, column)),
});
