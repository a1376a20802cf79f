import { dataLimits } from '../../../limits.ts';
import type { Precision } from '../scale.ts';
import type { KeyedRows } from './keyed-rows.ts';
import { MemoryKeys } from './memory.ts';
import { SpilledKeys } from './spilled.ts';

export interface KeyedRowsOptions {
  /** At most this many rows are added. */
  readonly rowCount: number;
  readonly columnCount: number;
  /** Of their outputs. */
  readonly precision: Precision;
  /** Cells of four bytes, of keys and codes, that may lie in memory; beyond, all of them go to DuckDB, which spills. */
  readonly cellsInMemory?: number;
}

/** Exact either way, in bounded memory. */
export async function keyedRows({
  rowCount,
  columnCount,
  precision,
  cellsInMemory = dataLimits.keyCellsInMemory,
}: KeyedRowsOptions): Promise<KeyedRows> {
  // Keys of float64 are twice as long, and so is the copy that a grouping makes of them.
  const own = Math.max(3, columnCount + 1) + (precision === 'float64' ? 3 : 0);
  if (rowCount * own <= cellsInMemory) return new MemoryKeys(rowCount, columnCount, precision);
  return SpilledKeys.open(columnCount, precision);
}
