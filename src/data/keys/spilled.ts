import { INTEGER, UINTEGER } from '@duckdb/node-api';
import { dataLimits } from '../../limits.ts';
import { numbersOf } from '../cells.ts';
import { ScratchTable } from '../scratch-table.ts';
import type { Condition, KeyedRows, Walker } from './keyed-rows.ts';

/** Rows of a table of DuckDB's, which sorts and groups them in bounded memory and spills the rest. */
export class SpilledKeys implements KeyedRows {
  readonly #table: ScratchTable;
  readonly #columns: readonly string[];

  private constructor(table: ScratchTable, columns: readonly string[]) {
    this.#table = table;
    this.#columns = columns;
  }

  static async open(columnCount: number): Promise<SpilledKeys> {
    const columns = Array.from({ length: columnCount }, (_, column) => `c${column}`);
    const types = [UINTEGER, ...columns.map(() => INTEGER)];
    const table = await ScratchTable.open(['key', ...columns], types, dataLimits.keysMemory);
    return new SpilledKeys(table, columns);
  }

  get rowCount(): number {
    return this.#table.rowCount;
  }

  add(keys: Uint32Array, codes: readonly Int32Array[]): void {
    this.#table.append([keys, ...codes]);
  }

  async walk(columns: readonly number[], walker: Walker, where: readonly Condition[] = []): Promise<void> {
    const names = columns.map((column) => this.#columns[column] as string);
    const conditions = [
      ...names.map((name) => `${name} >= 0`),
      ...where.map(({ column, code }) => `${this.#columns[column]} = ${code}`),
    ];
    const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const fields = [...names, 'key >> 1 AS bits', 'sum(key & 1)', 'count(*)'].map(asDouble);
    const order = [...names, 'bits DESC'].join(', ');
    const groups = new GroupCuts(walker, names.length);
    for await (const chunk of this.#table.chunks(
      `SELECT ${fields.join(', ')} FROM scratch ${filter} GROUP BY ${[...names, 'bits'].join(', ')} ORDER BY ${order}`,
    ))
      groups.add(
        Array.from({ length: names.length + 3 }, (_, column) => numbersOf(chunk.getColumnVector(column))),
        chunk.rowCount,
      );
    groups.end();
  }

  async scan(visit: (keys: Uint32Array, codes: readonly Int32Array[]) => void): Promise<void> {
    const fields = ['key', ...this.#columns].map(asDouble).join(', ');
    for await (const chunk of this.#table.chunks(`SELECT ${fields} FROM scratch`)) {
      const numbers = (column: number) => numbersOf(chunk.getColumnVector(column)).subarray(0, chunk.rowCount);
      const codes = this.#columns.map((_, column) => Int32Array.from(numbers(column + 1)));
      visit(Uint32Array.from(numbers(0)), codes);
    }
  }

  close(): void {
    this.#table.close();
  }
}

function asDouble(expression: string): string {
  const [value, name] = expression.split(' AS ') as [string, string?];
  return `CAST(${value} AS DOUBLE)${name === undefined ? '' : ` AS ${name}`}`;
}

/** Tells a walker where one group ends and the next begins, in what comes ordered by group. */
class GroupCuts {
  readonly #walker: Walker;
  readonly #codeCount: number;
  readonly #bits = new Uint32Array(1);
  readonly #score = new Float32Array(this.#bits.buffer);
  #codes: readonly number[] | undefined;

  constructor(walker: Walker, codeCount: number) {
    this.#walker = walker;
    this.#codeCount = codeCount;
  }

  /** Codes, the score's bits, how many are positive and how many there are. */
  add(columns: readonly Float64Array[], rowCount: number): void {
    const [bits, positives, counts] = columns.slice(this.#codeCount) as [Float64Array, Float64Array, Float64Array];
    for (let row = 0; row < rowCount; row++) {
      this.#cut(columns, row);
      this.#bits[0] = bits[row] as number;
      const ofOne = positives[row] as number;
      this.#walker.tie(this.#score[0] as number, ofOne, (counts[row] as number) - ofOne);
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
