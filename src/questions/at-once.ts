import { ComputeProcessLost } from '../compute/process/lost.ts';
import type { ComputePool } from '../compute/process/pool.ts';
import type { WrittenRow } from '../data/batches/written-rows.ts';
import { analysisFailed, badUserInput } from '../errors.ts';
import { analysisLimits } from '../limits.ts';
import type { PassEnvironment } from '../pass/protocol.ts';
import type { Asker } from './asker.ts';

/** Who may also ask a warm compute process, beside whatever passes run. */
export interface AskerAtOnce extends Asker {
  readonly pool: ComputePool;
  /** What compute processes are told with every call. */
  readonly environment: PassEnvironment;
}

/** Rows that a client wrote by hand. Throws BAD_USER_INPUT when there are too many. */
export function writtenRows(rows: readonly unknown[]): WrittenRow[] {
  if (rows.length > analysisLimits.writtenRowCount)
    throw badUserInput(
      'rows',
      `\`rows\` has ${rows.length} rows; the most is ${analysisLimits.writtenRowCount}. Register a dataset.`,
    );
  return rows as WrittenRow[];
}

/** No job, nothing kept. Throws ANALYSIS_FAILED when the process is lost. */
export async function atOnce(asker: AskerAtOnce, method: string, call: unknown): Promise<unknown> {
  try {
    return await asker.pool.run(method, call, { signal: asker.scope.signal });
  } catch (error) {
    if (!(error instanceof ComputeProcessLost)) throw error;
    throw analysisFailed(`The model brought its compute process down on these rows: ${error.message}.`);
  }
}
