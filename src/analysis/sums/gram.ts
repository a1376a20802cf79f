/** How columns of numbers go together over observations, in float64. */
export interface Gram {
  count: number;
  readonly mean: Float64Array;
  /** [columns, columns]: Σ (x − x̄)(x − x̄)ᵀ */
  readonly products: Float64Array;
}

export const emptyGram = (columns: number): Gram => ({
  count: 0,
  mean: new Float64Array(columns),
  products: new Float64Array(columns * columns),
});

/**
 * Of a batch of `count` observations. `sums`: [columns, columns + 1], products of all pairs, then sums, of columns that are shifted
 * by `shift` (by nothing where it ends): near their means, so that float32 loses nothing to them.
 */
export function gramOfSums(sums: ArrayLike<number>, shift: ArrayLike<number>, count: number): Gram {
  const columns = Math.floor(Math.sqrt(sums.length));
  const gram = emptyGram(columns);
  if (count === 0) return gram;
  gram.count = count;
  const sumOf = (column: number): number => sums[column * (columns + 1) + columns] as number;
  for (let i = 0; i < columns; i++) {
    gram.mean[i] = (shift[i] ?? 0) + sumOf(i) / count;
    for (let j = 0; j < columns; j++)
      gram.products[i * columns + j] = (sums[i * (columns + 1) + j] as number) - (sumOf(i) * sumOf(j)) / count;
  }
  return gram;
}

/** Adds b to a, in place: a matrix of all pairs is not copied for every batch. */
export function addGram(a: Gram, b: Gram): Gram {
  if (b.count === 0) return a;
  const count = a.count + b.count;
  const step = b.mean.map((mean, at) => mean - (a.mean[at] as number));
  addCentred(a.products, b.products, step, step, (a.count * b.count) / count);
  for (let at = 0; at < step.length; at++)
    a.mean[at] = (a.mean[at] as number) + ((step[at] as number) * b.count) / count;
  a.count = count;
  return a;
}

/**
 * Adds centred products of other observations, [rows, columns], in place (Chan, Golub & LeVeque 1983). `rowStep`, `columnStep`: from
 * the means here to those there; `weight`: n m / (n + m) of the observations here and there.
 */
export function addCentred(
  products: Float64Array,
  others: Float64Array,
  rowStep: Float64Array,
  columnStep: Float64Array,
  weight: number,
): void {
  const width = columnStep.length;
  for (let i = 0; i < rowStep.length; i++) {
    const scaled = (rowStep[i] as number) * weight;
    for (let j = 0, at = i * width; j < width; j++, at++)
      products[at] = (products[at] as number) + (others[at] as number) + scaled * (columnStep[j] as number);
  }
}
