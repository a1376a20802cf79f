import type { ReadableRows } from '../../src/analysis/analysis.ts';

/** Columns in memory, as a reading sees those of a dataset. */
export class MemoryRows implements ReadableRows {
  readonly partitionBy: string | null;
  readonly groupBy: string | null;
  readonly partitions: readonly string[];
  readonly #columns: Readonly<Record<string, readonly (string | number | null)[]>>;

  constructor(
    columns: Readonly<Record<string, readonly (string | number | null)[]>>,
    settings: { partitionBy?: string; groupBy?: string; partitions?: string[] } = {},
  ) {
    this.#columns = columns;
    this.partitionBy = settings.partitionBy ?? null;
    this.groupBy = settings.groupBy ?? null;
    this.partitions = settings.partitions ?? [];
  }

  async codes(column: string, rows: Float64Array): Promise<{ codes: Int32Array; values: string[] }> {
    const cells = this.#at(column, rows);
    const values = [...new Set(cells.filter((value) => value !== null))].map(String);
    return { codes: Int32Array.from(cells, (value) => (value === null ? -1 : values.indexOf(String(value)))), values };
  }

  async numbers(column: string, rows: Float64Array): Promise<Float64Array> {
    return Float64Array.from(this.#at(column, rows), (value) => (value === null ? Number.NaN : Number(value)));
  }

  isNumber(column: string): boolean {
    return (this.#columns[column] ?? []).every((value) => value === null || typeof value === 'number');
  }

  #at(column: string, rows: Float64Array): (string | number | null)[] {
    return Array.from(rows, (row) => this.#columns[column]?.[row] ?? null);
  }
}
