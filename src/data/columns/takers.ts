import type { DuckDBVector } from '@duckdb/node-api';
import { isNull, nullBitsOf, numbersOf } from '../duckdb/cells.ts';

/** Takes values of a column, chunk by chunk, into the stretch of rows that is open. */
export interface Taker {
  /** A stretch of so many rows begins. */
  open(rowCount: number): void;
  /** Rows `from[0 … count)` of a chunk, to the places from `at` on. */
  take(vector: DuckDBVector, from: Int32Array, count: number, at: number): void;
}

/** NaN for null. */
export class NumberTaker implements Taker {
  numbers = new Float64Array();

  open(rowCount: number): void {
    this.numbers = new Float64Array(rowCount);
  }

  take(vector: DuckDBVector, from: Int32Array, count: number, at: number): void {
    const values = numbersOf(vector);
    const nulls = nullBitsOf(vector);
    for (let one = 0; one < count; one++) {
      const row = from[one] as number;
      this.numbers[at + one] = isNull(nulls, row) ? Number.NaN : (values[row] as number);
    }
  }
}

/** A dense code for each value, in the order of their first rows; −1 for null. */
export abstract class CodeTaker implements Taker {
  codes = new Int32Array();
  /** What the codes stand for, as text; grows with the rows. */
  readonly values: string[] = [];

  open(rowCount: number): void {
    this.codes = new Int32Array(rowCount);
  }

  abstract take(vector: DuckDBVector, from: Int32Array, count: number, at: number): void;

  protected newCode(text: string): number {
    return this.values.push(text) - 1;
  }
}

export class TextCodeTaker extends CodeTaker {
  readonly #codeOf = new Map<string, number>();

  take(vector: DuckDBVector, from: Int32Array, count: number, at: number): void {
    for (let one = 0; one < count; one++) {
      const value = vector.getItem(from[one] as number) as string | null;
      this.codes[at + one] = value === null ? -1 : (this.#codeOf.get(value) ?? this.#add(value));
    }
  }

  #add(value: string): number {
    const code = this.newCode(value);
    this.#codeOf.set(value, code);
    return code;
  }
}

/** Whole numbers below it are looked up in a list. */
const listed = 1 << 16;

/** Of whole numbers that a double holds. They name themselves, and are told apart many times faster than their texts. */
export class WholeNumberCodeTaker extends CodeTaker {
  readonly #list = new Int32Array(listed).fill(-1);
  readonly #codeOf = new Map<number, number>();

  take(vector: DuckDBVector, from: Int32Array, count: number, at: number): void {
    const values = numbersOf(vector);
    const nulls = nullBitsOf(vector);
    for (let one = 0; one < count; one++) {
      const row = from[one] as number;
      this.codes[at + one] = isNull(nulls, row) ? -1 : this.#code(values[row] as number);
    }
  }

  #code(value: number): number {
    const isListed = value >= 0 && value < listed;
    const known = isListed ? (this.#list[value] as number) : (this.#codeOf.get(value) ?? -1);
    if (known >= 0) return known;
    const code = this.newCode(String(value));
    if (isListed) this.#list[value] = code;
    else this.#codeOf.set(value, code);
    return code;
  }
}
