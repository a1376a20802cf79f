/**
 * Of 4,096 units, a thousand take twenty seconds; a process that says nothing for much longer is taken for hung. What is left is an
 * inexact Newton step, which still goes downhill (Dembo, Eisenstat & Steihaug 1982), and the next one goes on from there.
 */
const mostRounds = 1000;

/**
 * Solves A x = b for a symmetric, positive semidefinite A, [n, n], by conjugate gradients preconditioned with the diagonal. No
 * factor of A is made, so that a layer of 4,096 units takes no second matrix of all pairs; where A is singular, x has no part in
 * directions that it knows nothing of.
 */
export function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const diagonal = right.map((_, at) => matrix[at * (size + 1)] as number);
  const conditioned = (vector: Float64Array): Float64Array =>
    vector.map((value, at) => ((diagonal[at] as number) > 0 ? value / (diagonal[at] as number) : 0));
  const solution = new Float64Array(size);
  const residual = right.slice();
  let direction = conditioned(residual);
  let slope = dot(residual, direction);
  const enough = slope * 1e-18;
  for (let round = 0; round < Math.min(4 * size, mostRounds) && slope > enough; round++) {
    const image = times(matrix, direction);
    const curvature = dot(direction, image);
    if (!(curvature > 0)) break;
    const length = slope / curvature;
    for (let at = 0; at < size; at++) {
      solution[at] = (solution[at] as number) + length * (direction[at] as number);
      residual[at] = (residual[at] as number) - length * (image[at] as number);
    }
    const next = conditioned(residual);
    const nextSlope = dot(residual, next);
    const before = direction;
    direction = next.map((value, at) => value + (nextSlope / slope) * (before[at] as number));
    slope = nextSlope;
  }
  return solution;
}

export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at] as number) * (b[at] as number);
  return sum;
}

/** Four sums a row, so that an addition need not wait for the one before it. */
function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  const whole = size - (size % 4);
  return vector.map((_, row) => {
    const from = row * size;
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let at = 0; at < whole; at += 4) {
      a += (matrix[from + at] as number) * (vector[at] as number);
      b += (matrix[from + at + 1] as number) * (vector[at + 1] as number);
      c += (matrix[from + at + 2] as number) * (vector[at + 2] as number);
      d += (matrix[from + at + 3] as number) * (vector[at + 3] as number);
    }
    for (let at = whole; at < size; at++) a += (matrix[from + at] as number) * (vector[at] as number);
    return a + b + c + d;
  });
}
