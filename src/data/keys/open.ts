import { dataLimits } from '../../limits.ts';
import type { KeyedRows } from './keyed-rows.ts';
import { MemoryKeys } from './memory.ts';
import { SpilledKeys } from './spilled.ts';

export interface KeyedRowsOptions {
  /** At most this many rows are added. */
  readonly rowCount: number;
  readonly columnCount: number;
  /** Keys and codes that may lie in memory; beyond, all of them go to DuckDB, which spills. */
  readonly cellsInMemory?: number;
}

/** Exact either way, in bounded memory. */
export async function keyedRows({
  rowCount,
  columnCount,
  cellsInMemory = dataLimits.keyCellsInMemory,
}: KeyedRowsOptions): Promise<KeyedRows> {
  if (rowCount * Math.max(3, columnCount + 1) <= cellsInMemory) return new MemoryKeys(rowCount, columnCount);
  return SpilledKeys.open(columnCount);
}
