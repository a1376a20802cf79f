import type { RawOutputs } from '../scale.ts';
import type { TieWalker } from './keys.ts';

/** Scored rows that have a label, 0 or 1. */
export interface LabelledOutputs {
  readonly outputs: RawOutputs;
  readonly label: Uint8Array;
}

/**
 * Scored and labelled rows and, for some columns, a code of each row's value; −1 where it has none. Columns are numbered from 0.
 */
export interface KeyedRows {
  readonly rowCount: number;
  /** Of rows, their outputs and labels, and their codes in each column. */
  add(rows: LabelledOutputs, codes: readonly Int32Array[]): void;
  /**
   * Rows that share a code in each of the columns, group after group, by the first column's code; within a group outputs descend.
   * Rows without a code in one of the columns are in no group; without columns, all rows are one.
   */
  walk(columns: readonly number[], walker: Walker, where?: readonly Condition[]): Promise<void>;
  /** All rows, stretch after stretch, in any order. */
  scan(visit: (rows: LabelledOutputs, codes: readonly Int32Array[]) => void): Promise<void>;
  close(): void;
}

/** Is told of every group: its codes, its outputs, its end. */
export interface Walker extends TieWalker {
  begin?(codes: readonly number[]): void;
  end?(): void;
}

/** Only rows with this code. */
export interface Condition {
  readonly column: number;
  readonly code: number;
}
