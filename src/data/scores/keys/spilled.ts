import { DOUBLE, FLOAT, INTEGER, UTINYINT } from '@duckdb/node-api';
import { dataLimits } from '../../../limits.ts';
import { numbersOf } from '../../duckdb/cells.ts';
import { ScratchTable } from '../../duckdb/scratch-table.ts';
import { blankOutputs, type Precision } from '../scale.ts';
import type { Condition, KeyedRows, LabelledOutputs, Walker } from './keyed-rows.ts';

/** Rows of a table of DuckDB's, which sorts and groups them in bounded memory and spills the rest. */
export class SpilledKeys implements KeyedRows {
  readonly #table: ScratchTable;
  readonly #columns: readonly string[];
  readonly #precision: Precision;

  private constructor(table: ScratchTable, columns: readonly string[], precision: Precision) {
    this.#table = table;
    this.#columns = columns;
    this.#precision = precision;
  }

  static async open(columnCount: number, precision: Precision): Promise<SpilledKeys> {
    const columns = Array.from({ length: columnCount }, (_, column) => `c${column}`);
    const types = [precision === 'float64' ? DOUBLE : FLOAT, UTINYINT, ...columns.map(() => INTEGER)];
    const table = await ScratchTable.open(['output', 'label', ...columns], types, dataLimits.keysMemory);
    return new SpilledKeys(table, columns, precision);
  }

  get rowCount(): number {
    return this.#table.rowCount;
  }

  add({ outputs, label }: LabelledOutputs, codes: readonly Int32Array[]): void {
    // −0 is grouped with the 0 that it equals.
    this.#table.append([outputs.map((output) => output + 0), label, ...codes]);
  }

  async walk(columns: readonly number[], walker: Walker, where: readonly Condition[] = []): Promise<void> {
    const names = columns.map((column) => this.#columns[column] as string);
    const conditions = [
      ...names.map((name) => `${name} >= 0`),
      ...where.map(({ column, code }) => `${this.#columns[column]} = ${code}`),
    ];
    const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const fields = [...names, 'output', 'sum(label)', 'count(*)'].map(asDouble);
    const order = [...names, 'output DESC'].join(', ');
    const groups = new GroupCuts(walker, names.length);
    for await (const chunk of this.#table.chunks(
      `SELECT ${fields.join(', ')} FROM scratch ${filter} GROUP BY ${[...names, 'output'].join(', ')} ORDER BY ${order}`,
    ))
      groups.add(
        Array.from({ length: names.length + 3 }, (_, column) => numbersOf(chunk.getColumnVector(column))),
        chunk.rowCount,
      );
    groups.end();
  }

  async scan(visit: (rows: LabelledOutputs, codes: readonly Int32Array[]) => void): Promise<void> {
    const fields = ['output', 'label', ...this.#columns].map(asDouble).join(', ');
    for await (const chunk of this.#table.chunks(`SELECT ${fields} FROM scratch`)) {
      const numbers = (column: number) => numbersOf(chunk.getColumnVector(column)).subarray(0, chunk.rowCount);
      const codes = this.#columns.map((_, column) => Int32Array.from(numbers(column + 2)));
      const outputs = blankOutputs(this.#precision, chunk.rowCount);
      outputs.set(numbers(0));
      visit({ outputs, label: Uint8Array.from(numbers(1)) }, codes);
    }
  }

  close(): void {
    this.#table.close();
  }
}

const asDouble = (expression: string): string => `CAST(${expression} AS DOUBLE)`;

/** Tells a walker where one group ends and the next begins, in what comes ordered by group. */
class GroupCuts {
  readonly #walker: Walker;
  readonly #codeCount: number;
  #codes: readonly number[] | undefined;

  constructor(walker: Walker, codeCount: number) {
    this.#walker = walker;
    this.#codeCount = codeCount;
  }

  /** Codes, the output, how many are positive and how many there are. */
  add(columns: readonly Float64Array[], rowCount: number): void {
    const [outputs, positives, counts] = columns.slice(this.#codeCount) as [Float64Array, Float64Array, Float64Array];
    for (let row = 0; row < rowCount; row++) {
      this.#cut(columns, row);
      const ofOne = positives[row] as number;
      this.#walker.tie(outputs[row] as number, ofOne, (counts[row] as number) - ofOne);
    }
  }

  end(): void {
    if (this.#codes !== undefined) this.#walker.end?.();
  }

  #cut(columns: readonly Float64Array[], row: number): void {
    if (this.#codes?.every((code, column) => code === columns[column]?.[row])) return;
    this.end();
    this.#codes = Array.from({ length: this.#codeCount }, (_, column) => columns[column]?.[row] as number);
    this.#walker.begin?.(this.#codes);
  }
}
