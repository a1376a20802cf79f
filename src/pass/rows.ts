import { countRows } from '../data/rows.ts';
import { Outcome, type Told } from './outcome.ts';
import { Parts } from './parts.ts';
import type { KeptPart, RowsRequest } from './protocol.ts';
import { readableRows } from './readable-rows.ts';
import { readAll } from './readings.ts';

export interface RowsInputs extends Pick<Told, 'onResult' | 'onFailure'> {
  readonly request: RowsRequest;
  readonly kept: Readonly<Record<string, KeptPart>>;
  readonly home: string;
}

/** Rows are read by DuckDB, in the memory of the process. */
const reader = { executor: 'DUCKDB', device: 'cpu' };

/**
 * Answers questions about rows without a model. When some cannot be answered, the others are all the same: each failure is handed
 * over, and the first error is thrown in the end.
 */
export async function runRows({ request, kept, home, ...told }: RowsInputs): Promise<void> {
  const outcome = new Outcome({ ...told, ...reader });
  const { dataset, rows, readings } = request;
  await readAll(readings, {
    parts: new Parts(kept, home),
    rows: readableRows(request),
    rowCount: await countRows(dataset, rows),
    outcome,
  });
  outcome.assertNoneFailed();
}
