import { blankOutputs, type Precision } from '../scale.ts';
import { CompactCodes } from './compact-codes.ts';
import { groupsOf, Workspace } from './groups.ts';
import type { Condition, KeyedRows, LabelledOutputs, Walker } from './keyed-rows.ts';
import { eachTie, type Keys, keysOf, outputsOf } from './keys.ts';

/** Rows of one stretch of a scan. */
const stretchRows = 1 << 16;

/** Four bytes a row for the key, or eight of float64, one for the label, two or four for each code, and a key more for a grouping. */
export class MemoryKeys implements KeyedRows {
  readonly #keys: Keys;
  readonly #label: Uint8Array;
  readonly #codes: readonly CompactCodes[];
  readonly #workspace: Workspace;
  #rowCount = 0;

  constructor(rowCount: number, columnCount: number, precision: Precision) {
    this.#keys = keysOf(blankOutputs(precision, rowCount));
    this.#label = new Uint8Array(rowCount);
    this.#codes = Array.from({ length: columnCount }, () => new CompactCodes(rowCount));
    this.#workspace = new Workspace(precision);
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  add({ outputs, label }: LabelledOutputs, codes: readonly Int32Array[]): void {
    this.#keys.set(keysOf(outputs), this.#rowCount);
    this.#label.set(label, this.#rowCount);
    for (const [column, own] of this.#codes.entries()) own.set(codes[column] as Int32Array, this.#rowCount);
    this.#rowCount += label.length;
  }

  async walk(columns: readonly number[], walker: Walker, where: readonly Condition[] = []): Promise<void> {
    const rows = {
      keys: this.#keys,
      label: this.#label,
      columns: columns.map((column) => this.#codes[column] as CompactCodes),
      places: where.length === 0 ? null : this.#placesWhere(where),
    };
    for (const group of groupsOf(rows, this.#rowCount, this.#workspace)) {
      walker.begin?.(group.codes);
      eachTie(group, walker);
      walker.end?.();
    }
  }

  async scan(visit: (rows: LabelledOutputs, codes: readonly Int32Array[]) => void): Promise<void> {
    for (let from = 0; from < this.#rowCount; from += stretchRows) {
      const to = Math.min(from + stretchRows, this.#rowCount);
      const codes = this.#codes.map((own) => own.slice(from, to));
      visit({ outputs: outputsOf(this.#keys.subarray(from, to)), label: this.#label.subarray(from, to) }, codes);
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
