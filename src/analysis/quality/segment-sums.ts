/** How many rows each value of a column has. */
export interface CountedColumn {
  readonly column: number;
  readonly counts: Float64Array;
}

export interface SegmentSum {
  readonly parts: readonly { readonly column: number; readonly code: number }[];
  readonly excess: number;
}

/** More segments of two columns than these are numbered as they occur. */
const mostListed = 1 << 20;

/** Sums over the rows of every segment of a column, or of two; values with fewer than `minimumRows` rows are in none. */
export class SegmentSums {
  readonly #columns: readonly number[];
  /** Of each column: the codes that count, and the place of each code among them, −1 for the others. */
  readonly #codes: readonly (readonly number[])[];
  readonly #places: readonly Int32Array[];
  readonly #numberOf: Map<number, number> | null;
  #rows: number[] = [];
  #sums: number[] = [];

  constructor(columns: readonly CountedColumn[], minimumRows: number) {
    this.#columns = columns.map(({ column }) => column);
    this.#codes = columns.map(({ counts }) =>
      Array.from(counts.keys()).filter((code) => (counts[code] as number) >= minimumRows),
    );
    this.#places = columns.map(({ counts }, at) => placesOf(this.#codes[at] as number[], counts.length));
    const size = this.#codes.reduce((product, codes) => product * codes.length, 1);
    this.#numberOf = size > mostListed ? new Map() : null;
    if (this.#numberOf === null) [this.#rows, this.#sums] = [Array(size).fill(0), Array(size).fill(0)];
  }

  /** `codes`: of all columns. */
  add(codes: readonly Int32Array[], excess: Float64Array): void {
    const [first, second] = this.#columns.map((column) => codes[column] as Int32Array) as [Int32Array, Int32Array?];
    const [ofFirst, ofSecond] = this.#places as readonly [Int32Array, Int32Array?];
    const width = this.#codes[1]?.length ?? 1;
    for (let at = 0; at < excess.length; at++) {
      const a = placeOf(ofFirst, first[at] as number);
      const b = second === undefined ? 0 : placeOf(ofSecond as Int32Array, second[at] as number);
      if (a < 0 || b < 0) continue;
      const segment = this.#numbered(a * width + b);
      this.#rows[segment] = (this.#rows[segment] ?? 0) + 1;
      this.#sums[segment] = (this.#sums[segment] ?? 0) + (excess[at] as number);
    }
  }

  /** Segments that are large enough and have an excess of more than `rounding`. */
  found(minimumRows: number, rounding: number): SegmentSum[] {
    const width = this.#codes[1]?.length ?? 1;
    const segments = this.#numberOf === null ? this.#rows.keys() : this.#numberOf.keys();
    return Array.from(segments).flatMap((segment) => {
      const number = this.#numbered(segment);
      const excess = this.#sums[number] as number;
      if (excess <= rounding || (this.#rows[number] as number) < minimumRows) return [];
      const places = [Math.floor(segment / width), segment % width];
      const parts = this.#columns.map((column, at) => ({
        column,
        code: this.#codes[at]?.[places[at] as number] as number,
      }));
      return [{ parts, excess }];
    });
  }

  #numbered(segment: number): number {
    if (this.#numberOf === null) return segment;
    const known = this.#numberOf.get(segment);
    if (known !== undefined) return known;
    this.#numberOf.set(segment, this.#numberOf.size);
    return this.#numberOf.size - 1;
  }
}

function placesOf(codes: readonly number[], codeCount: number): Int32Array {
  const places = new Int32Array(codeCount).fill(-1);
  for (const [place, code] of codes.entries()) places[code] = place;
  return places;
}

const placeOf = (places: Int32Array, code: number): number => (code < 0 ? -1 : (places[code] as number));
