import type { Tensor } from '../compute/tensor.ts';
import type { Bag } from './batches/bags.ts';
import type { Texts } from './batches/string-table.ts';
import type { FolderValue } from './files/folder-columns.ts';

/** What the rest of the system knows of data: plain values that cross processes and lie in tables. */

export interface DatasetFile {
  /** Absolute path. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Of the last change to anything about it, which cannot be set back as `modifiedMs` can. */
  readonly changedMs?: number;
  /** SHA-256 of its bytes, hex. */
  readonly digest?: string;
  readonly rowCount: number;
  /** Columns that only its folders have, the same ones of every file of a dataset. */
  readonly folders?: readonly FolderValue[];
}

export interface DatasetColumn {
  readonly name: string;
  /** DuckDB's name of the type, e.g. VARCHAR, BIGINT, DOUBLE[]. */
  readonly type: string;
  /** DuckDB's name of the column, where it is another: it does not tell “a” from “A”. */
  readonly stored?: string;
  /** Of a label that is not 0 and 1: the value, as text, that counts as 1; every other counts as 0. */
  readonly positive?: string;
}

/** A registered dataset. Row index = position over `files` in this order. */
export interface DatasetRecord {
  readonly files: readonly DatasetFile[];
  readonly columns: readonly DatasetColumn[];
  readonly rowCount: number;
  readonly label: string | null;
  readonly groupBy: string | null;
  readonly partitionBy: string | null;
  readonly digest: string;
}

export type FilterOperator = 'EQ' | 'NE' | 'LT' | 'LTE' | 'GT' | 'GTE' | 'IN' | 'IS_NULL' | 'NOT_NULL';
export interface RowFilter {
  readonly column: string;
  readonly op: FilterOperator;
  readonly value?: unknown;
}

/**
 * Which rows, in canonical form: names checked, ranges and unknown partitions resolved, filters sorted; a part of the key of
 * every result. `partitions` null: all of them.
 */
export interface RowSelection {
  readonly partitions: readonly string[] | null;
  readonly where: readonly RowFilter[];
  readonly invalid: 'FAIL' | 'SKIP';
  /** Of the selected rows, only those with these indexes, which ascend: a page of them. */
  readonly only?: readonly number[];
  /** Of the rows that the rest selects; all of them when absent. */
  readonly sample?: Sample;
}

/** At most `count` rows, the same for the same seed. */
export interface Sample {
  readonly count: number;
  readonly seed: number;
}

/** A number of each row beside the model's inputs: of a column as it is, or 1 where it equals or exceeds a value and else 0. */
export interface RowColumn {
  readonly column: string;
  readonly equals?: unknown;
  readonly above?: number;
}

/** What batches call it. */
export const rowColumnName = ({ column, equals, above }: RowColumn): string => JSON.stringify([column, equals, above]);

/** A stretch of selected rows, in row order, ready for a model. */
export interface Batch {
  readonly rowCount: number;
  /** Row index of each, float64 (exact to 2^53). */
  readonly index: Float64Array;
  /** Of every model input. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Of inputs that have any number of values a row: what parts of the batch are made of. */
  readonly bags?: readonly Bag[];
  /** Of models that take texts: what the whole numbers of those inputs stand for. */
  readonly texts?: Texts;
  /** 0/1, and 0 where there is none; empty when no label was asked for. */
  readonly label: Float32Array;
  /** 1 where the row has a label. */
  readonly labelled: Float32Array;
  /** Of every column that was asked for, by `rowColumnName`; NaN for null. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** Rows left out just before or in this batch, with `invalid: SKIP`. */
  readonly skippedRowCount: number;
  /** Other rows, as many as the batch has, where a program wants some (`Program.others`); their texts are among those of the batch. */
  readonly others?: readonly InputRows[];
}

/** What rows have in the inputs of a model. */
export type InputRows = Pick<Batch, 'rowCount' | 'inputs' | 'bags'>;
