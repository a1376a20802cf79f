import type { Tensor as RuntimeTensor } from '@tensorflow/tfjs';
import { analysisFailed } from '../../errors.ts';
import type { DType, Tensor } from '../tensor.ts';
import type { Runtime } from './runtime/library.ts';

/** tfjs has no wider whole numbers than int32. Throws ANALYSIS_FAILED for one that does not fit. */
export function toRuntime(tf: Runtime, name: string, tensor: Tensor | undefined): RuntimeTensor {
  if (tensor === undefined) throw new Error(`the batch has no “${name}”`);
  const shape = [...tensor.dims];
  const { data } = tensor;
  if (tensor.dtype === 'bool') return tf.tensor(data as Uint8Array, shape, 'bool');
  if (data instanceof BigInt64Array) return tf.tensor(narrowed(name, data), shape, 'int32');
  if (tensor.dtype === 'int32') return tf.tensor(data as Int32Array, shape, 'int32');
  return tf.tensor(data instanceof Float32Array ? data : Float32Array.from(data), shape, 'float32');
}

/** By the halves of each number, the lower one first: big integers are made one by one, fifteen times slower. */
function narrowed(name: string, values: BigInt64Array): Int32Array {
  const halves = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const lower = new Int32Array(values.length);
  for (let at = 0; at < lower.length; at++) {
    const value = halves[2 * at] as number;
    if (halves[2 * at + 1] !== value >> 31)
      throw analysisFailed(
        `“${name}” has the value ${values[at]}, and TensorFlow.js has no whole numbers of more than 32 bits.`,
      );
    lower[at] = value;
  }
  return lower;
}

/** As programs know it: whole numbers are int64. The runtime's tensor is not disposed of. */
export async function fromRuntime(tensor: RuntimeTensor): Promise<Tensor> {
  const data = await tensor.data();
  const dims = tensor.shape;
  if (tensor.dtype === 'float32') return { dtype: 'float32', dims, data: new Float32Array(data) };
  if (tensor.dtype === 'bool') return { dtype: 'bool', dims, data: new Uint8Array(data) };
  return { dtype: 'int64', dims, data: BigInt64Array.from(data, (value) => BigInt(value)) };
}

/** Element types of tfjs, as far as rows and programs know them. */
export const dtypeOf = (dtype: string): DType | undefined =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool' ? dtype : undefined;
