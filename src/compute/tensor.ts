/** Element types that can cross between rows, programs and executors. */
export type DType =
  | 'float32'
  | 'float64'
  | 'int32'
  | 'int64'
  | 'bool'
  | 'string'
  | 'uint8'
  | 'int8'
  | 'float16'
  | 'bfloat16'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'uint64';

/** Name, element type and shape of a tensor of a model; `null` is a dimension that is only known at run time. */
export interface TensorSpec {
  name: string;
  dtype: DType;
  shape: (number | null)[];
}

/** Values in row-major order. `bool` is kept as bytes 0/1, `int64` as BigInt64Array. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array;

export interface Tensor {
  dtype: 'float32' | 'float64' | 'int32' | 'int64' | 'bool';
  dims: readonly number[];
  data: TensorData;
}

export const float32 = (dims: readonly number[], values: ArrayLike<number>): Tensor => ({
  dtype: 'float32',
  dims,
  data: values instanceof Float32Array ? values : Float32Array.from(values),
});

export const int64 = (dims: readonly number[], values: Iterable<number | bigint>): Tensor => ({
  dtype: 'int64',
  dims,
  data: BigInt64Array.from(values, (value) => BigInt(value)),
});

export const elementCount = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
