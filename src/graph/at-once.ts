import { ComputeProcessLost } from '../compute/process/lost.ts';
import type { WrittenRow } from '../data/batches/written-rows.ts';
import { analysisFailed, badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import type { Context } from './context.ts';

/** Rows that a client wrote by hand. Throws BAD_USER_INPUT when there are too many. */
export function writtenRows(rows: readonly unknown[]): WrittenRow[] {
  if (rows.length > analysisLimits.writtenRowCount)
    throw badUserInput(
      'rows',
      `\`rows\` has ${rows.length} rows; the most is ${analysisLimits.writtenRowCount}. Register a dataset.`,
    );
  return rows as WrittenRow[];
}

/** Asks a warm compute process, beside whatever passes run: no job, nothing kept. Throws ANALYSIS_FAILED when it is lost. */
export async function atOnce(method: string, call: unknown, { pool, request }: Context): Promise<unknown> {
  try {
    return await pool.run(method, call, { signal: request.signal });
  } catch (error) {
    if (!(error instanceof ComputeProcessLost)) throw error;
    throw analysisFailed(`The model brought its compute process down on these rows: ${error.message}.`);
  }
}
