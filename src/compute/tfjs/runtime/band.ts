import type { Tensor } from '@tensorflow/tfjs';
import type { Runtime } from './library.ts';

/**
 * bool [rows, columns], true within `lower` places below the diagonal and `upper` above it; a negative number is no bound. The library's
 * own is wrong on WebAssembly, which negates no whole numbers.
 */
export function band(tf: Runtime, rows: number, columns: number, lower: number, upper: number): Tensor {
  const isWithin = (row: number, column: number): boolean =>
    (lower < 0 || row - column <= lower) && (upper < 0 || column - row <= upper);
  const places = Array.from({ length: rows * columns }, (_, at) =>
    Number(isWithin(Math.floor(at / columns), at % columns)),
  );
  return tf.tensor(Uint8Array.from(places), [rows, columns], 'bool');
}
