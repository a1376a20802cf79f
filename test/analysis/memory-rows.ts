import type { ReadableRows, RowSource } from '../../src/analysis/analysis.ts';
import type { ColumnValues, WantedColumns } from '../../src/data/columns/values.ts';
import type { ScoreSource, Scores } from '../../src/data/scores/file.ts';
import type { ScoreScale } from '../../src/data/scores/scale.ts';

/** Scores as a reading gets them, in stretches of 1,000 rows; outputs are probabilities unless said. */
export const scoresInMemory = (
  { row, output, label }: Scores,
  scale: ScoreScale = { space: 'PROBABILITY' },
): ScoreSource => ({
  scale,
  precision: output instanceof Float64Array ? 'float64' : 'float32',
  rowCount: row.length,
  *stretches() {
    for (let from = 0; from < row.length; from += 1000)
      yield {
        row: row.subarray(from, from + 1000),
        output: output.subarray(from, from + 1000),
        label: label.subarray(from, from + 1000),
      };
  },
});

/** Columns in memory, as a reading sees those of a dataset. */
export class MemoryRows implements ReadableRows {
  readonly roles = {};
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

  get source(): RowSource {
    throw new Error('columns in memory lie in no files');
  }

  async columns({ codes, numbers }: WantedColumns, stretches: AsyncIterable<Float64Array>): Promise<ColumnValues> {
    const values = codes.map(() => [] as string[]);
    const codeOf = (known: string[], value: string | number | null | undefined): number => {
      if (value == null) return -1;
      const text = String(value);
      return known.includes(text) ? known.indexOf(text) : known.push(text) - 1;
    };
    const cells = (column: string, rows: Float64Array) => Array.from(rows, (row) => this.#columns[column]?.[row]);
    const read = async function* () {
      for await (const rows of stretches)
        yield {
          codes: codes.map((column, at) =>
            Int32Array.from(cells(column, rows), (value) => codeOf(values[at] as string[], value)),
          ),
          numbers: numbers.map((column) =>
            Float64Array.from(cells(column, rows), (value) => (value == null ? Number.NaN : Number(value))),
          ),
        };
    };
    return { values, stretches: read() };
  }

  isNumber(column: string): boolean {
    return (this.#columns[column] ?? []).every((value) => value === null || typeof value === 'number');
  }
}
