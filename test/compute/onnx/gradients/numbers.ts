import { expect } from 'vitest';
import { elementCount, type Tensor } from '../../../../src/compute/tensor.ts';

/** Between −1 and 1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let hash = Math.imul(state ^ (state >>> 15), 1 | state);
    hash ^= hash + Math.imul(hash ^ (hash >>> 7), 61 | hash);
    return ((hash ^ (hash >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

export const randomTensor = (dims: readonly number[], next: () => number): Tensor =>
  float64(dims, Array.from({ length: elementCount(dims) }, next));

/** Of each file by itself, whichever others ran before it in the same process. */
const lastSeeds = new Map<string | undefined, number>();

/** Random numbers between −1 and 1, scaled and shifted; other ones with every call, the same in every run. */
export function some(dims: readonly number[], scale = 1, shift = 0): Tensor {
  const file = expect.getState().testPath;
  const seed = (lastSeeds.get(file) ?? 0) + 1;
  lastSeeds.set(file, seed);
  const next = randomNumbers(seed);
  return randomTensor(dims, () => scale * next() + shift);
}

/** Above 0. */
export const above = (dims: readonly number[]): Tensor => some(dims, 0.45, 0.5);

/** No two of them closer than the steps of differences in float32. */
export function apart(dims: readonly number[]): Tensor {
  const values = Array.from(some(dims).data as Float64Array);
  const sorted = values.toSorted((a, b) => a - b);
  return float64(
    dims,
    values.map((value) => sorted.indexOf(value) / 10),
  );
}

export const float64 = (dims: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'float64',
  dims,
  data: Float64Array.from(values),
});
export const int32 = (dims: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'int32',
  dims,
  data: Int32Array.from(values),
});
export const bool = (dims: readonly number[], values: readonly number[]): Tensor => ({
  dtype: 'bool',
  dims,
  data: Uint8Array.from(values),
});

export const isFloat = ({ dtype }: Tensor): boolean => dtype.startsWith('float');
export const inSingle = (tensor: Tensor): Tensor =>
  tensor.dtype === 'float64'
    ? { ...tensor, dtype: 'float32', data: Float32Array.from(tensor.data as Float64Array) }
    : tensor;
