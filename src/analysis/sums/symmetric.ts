import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Eigenvalues of a symmetric matrix, largest first, and of each an eigenvector of length 1. */
export interface Spectrum {
  readonly values: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

/** `matrix`: [size, size], of which the upper triangle is read. Takes time with the cube of the size. */
export function spectrumOf(matrix: Float64Array, size: number): Spectrum {
  const whole = new Matrix(size, size);
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++) {
      const value = matrix[i * size + j] as number;
      whole.set(i, j, value);
      whole.set(j, i, value);
    }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(whole, { assumeSymmetric: true });
  const order = realEigenvalues
    .map((_, at) => at)
    .sort((a, b) => (realEigenvalues[b] as number) - (realEigenvalues[a] as number));
  return {
    values: order.map((at) => realEigenvalues[at] as number),
    vectors: order.map((at) => eigenvectorMatrix.getColumn(at)),
  };
}
