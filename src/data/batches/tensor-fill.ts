import { elementCount, type Tensor, type TensorData } from '../../compute/tensor.ts';

/** Zeros of a shape. */
export function blankTensor(dtype: Tensor['dtype'], dims: readonly number[]): Tensor {
  return { dtype, dims, data: new constructors[dtype](elementCount(dims)) };
}

/** Numbers as a tensor of any type that they are of. */
export function tensorOf(dtype: Tensor['dtype'], dims: readonly number[], values: readonly number[]): Tensor {
  const tensor = blankTensor(dtype, dims);
  const { data } = tensor;
  if (data instanceof BigInt64Array) for (const [at, value] of values.entries()) data[at] = BigInt(value);
  else data.set(values);
  return tensor;
}

const constructors = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
} as const satisfies Record<Tensor['dtype'], new (length: number) => TensorData>;

/** Rows of a feature: `width` numbers each. */
export interface Values {
  readonly numbers: Float64Array;
  readonly width: number;
}

/** Where a feature lies in the rows of an input. */
export interface Place {
  readonly index: number;
  readonly rowWidth: number;
}

/** Copies `rowCount` rows of a feature, from row `from` on, into a tensor's rows from `to` on. */
export function fillRows(
  data: TensorData,
  place: Place,
  to: number,
  values: Values,
  from: number,
  rowCount: number,
): void {
  if (data instanceof BigInt64Array) fillInt64(data, place, to, values, from, rowCount);
  else fillNumbers(data, place, to, values, from, rowCount);
}

function fillNumbers(
  data: Exclude<TensorData, BigInt64Array>,
  { index, rowWidth }: Place,
  to: number,
  { numbers, width }: Values,
  from: number,
  rowCount: number,
): void {
  for (let row = 0; row < rowCount; row++) {
    const target = (to + row) * rowWidth + index;
    const source = (from + row) * width;
    for (let at = 0; at < width; at++) data[target + at] = numbers[source + at] as number;
  }
}

/** By halves: a BigInt for every id would take longer than the model. */
function fillInt64(
  data: BigInt64Array,
  { index, rowWidth }: Place,
  to: number,
  { numbers, width }: Values,
  from: number,
  rowCount: number,
): void {
  const halves = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  for (let row = 0; row < rowCount; row++) {
    const target = (to + row) * rowWidth + index;
    const source = (from + row) * width;
    for (let at = 0; at < width; at++) {
      const value = numbers[source + at] as number;
      halves[2 * (target + at)] = value;
      halves[2 * (target + at) + 1] = Math.floor(value / 2 ** 32);
    }
  }
}
