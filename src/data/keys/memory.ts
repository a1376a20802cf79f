import { groupsOf } from './groups.ts';
import type { Condition, KeyedRows, Walker } from './keyed-rows.ts';
import { eachTie } from './keys.ts';

/** Rows of one stretch of a scan. */
const stretchRows = 1 << 16;

/** Four bytes a row for the key and for each code. */
export class MemoryKeys implements KeyedRows {
  readonly #keys: Uint32Array;
  readonly #codes: readonly Int32Array[];
  #rowCount = 0;

  constructor(rowCount: number, columnCount: number) {
    this.#keys = new Uint32Array(rowCount);
    this.#codes = Array.from({ length: columnCount }, () => new Int32Array(rowCount));
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  add(keys: Uint32Array, codes: readonly Int32Array[]): void {
    this.#keys.set(keys, this.#rowCount);
    for (const [column, own] of this.#codes.entries()) own.set(codes[column] as Int32Array, this.#rowCount);
    this.#rowCount += keys.length;
  }

  async walk(columns: readonly number[], walker: Walker, where: readonly Condition[] = []): Promise<void> {
    let keys = this.#keys.subarray(0, this.#rowCount);
    let codes = columns.map((column) => this.#codesOf(column));
    if (where.length > 0) {
      const conditions = where.map(({ column, code }) => ({ own: this.#codesOf(column), code }));
      const isIn = (_: number, at: number): boolean => conditions.every(({ own, code }) => own[at] === code);
      keys = keys.filter(isIn);
      codes = codes.map((own) => own.filter(isIn));
    }
    for (const group of groupsOf(keys, codes)) {
      walker.begin?.(group.codes);
      eachTie(group.sorted, walker);
      walker.end?.();
    }
  }

  async scan(visit: (keys: Uint32Array, codes: readonly Int32Array[]) => void): Promise<void> {
    for (let from = 0; from < this.#rowCount; from += stretchRows) {
      const to = Math.min(from + stretchRows, this.#rowCount);
      const codes = this.#codes.map((own) => own.subarray(from, to));
      visit(this.#keys.subarray(from, to), codes);
    }
  }

  close(): void {}

  #codesOf(column: number): Int32Array {
    return (this.#codes[column] as Int32Array).subarray(0, this.#rowCount);
  }
}
