import { CompactCodes } from './compact-codes.ts';
import { groupsOf, Workspace } from './groups.ts';
import type { Condition, KeyedRows, Walker } from './keyed-rows.ts';
import { eachTie } from './keys.ts';

/** Rows of one stretch of a scan. */
const stretchRows = 1 << 16;

/** Four bytes a row for the key, two or four for each code, and four for a grouping. */
export class MemoryKeys implements KeyedRows {
  readonly #keys: Uint32Array;
  readonly #codes: readonly CompactCodes[];
  readonly #workspace = new Workspace();
  #rowCount = 0;

  constructor(rowCount: number, columnCount: number) {
    this.#keys = new Uint32Array(rowCount);
    this.#codes = Array.from({ length: columnCount }, () => new CompactCodes(rowCount));
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
    const rows = {
      keys: this.#keys,
      columns: columns.map((column) => this.#codes[column] as CompactCodes),
      places: where.length === 0 ? null : this.#placesWhere(where),
    };
    for (const group of groupsOf(rows, this.#rowCount, this.#workspace)) {
      walker.begin?.(group.codes);
      eachTie(group.sorted, walker);
      walker.end?.();
    }
  }

  async scan(visit: (keys: Uint32Array, codes: readonly Int32Array[]) => void): Promise<void> {
    for (let from = 0; from < this.#rowCount; from += stretchRows) {
      const to = Math.min(from + stretchRows, this.#rowCount);
      const codes = this.#codes.map((own) => own.slice(from, to));
      visit(this.#keys.subarray(from, to), codes);
    }
  }

  close(): void {}

  #placesWhere(where: readonly Condition[]): Uint32Array {
    const conditions = where.map(({ column, code }) => ({
      values: (this.#codes[column] as CompactCodes).values,
      code,
    }));
    const places: number[] = [];
    for (let at = 0; at < this.#rowCount; at++)
      if (conditions.every(({ values, code }) => values[at] === code)) places.push(at);
    return Uint32Array.from(places);
  }
}
