/** In 16 bits, the code of a row that has none, and one more than the largest code. */
const none16 = 0xffff;

/** A code for each row, in 16 bits while codes are small, else in 32. */
export class CompactCodes {
  /** `none` where a row has no code. */
  values: Uint16Array | Int32Array;
  none: number = none16;
  /** One more than the largest code. */
  size = 0;

  constructor(rowCount: number) {
    this.values = new Uint16Array(rowCount);
  }

  /** Codes of the rows from `at` on; −1 where a row has none. */
  set(codes: Int32Array, at: number): void {
    for (let row = 0; row < codes.length; row++) this.size = Math.max(this.size, (codes[row] as number) + 1);
    if (this.none === none16 && this.size > none16) this.#widen();
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      this.values[at + row] = code < 0 ? this.none : code;
    }
  }

  /** −1 where a row has none. */
  slice(from: number, to: number): Int32Array {
    return Int32Array.from(this.values.subarray(from, to), (code) => (code === this.none ? -1 : code));
  }

  #widen(): void {
    this.values = Int32Array.from(this.values, (code) => (code === none16 ? -1 : code));
    this.none = -1;
  }
}
