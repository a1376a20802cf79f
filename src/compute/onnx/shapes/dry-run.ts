import type { Tensor as RuntimeTensor } from 'onnxruntime-node';
import { elementCount, type TensorSpec } from '../../tensor.ts';
import { givingOut } from '../outputs.ts';
import type { ModelProto } from '../proto/onnx_pb.js';
import { openSession, runtime, type SessionSettings } from '../sessions/runtime.ts';
import type { Shape } from './known.ts';
import { hasSizesOfValues } from './sizes.ts';

/**
 * Shapes that inference leaves open (exporters write reshapes whose shape is computed from Shape, and `If` around Squeeze):
 * the model runs on two made-up batches of different sizes, and a dimension that has the same size in both is fixed. Empty when
 * the model's sizes may depend on values, or when it does not run on such rows.
 */
export async function probedShapes(
  model: ModelProto,
  inputs: readonly TensorSpec[],
  names: readonly string[],
  settings: SessionSettings,
): Promise<ReadonlyMap<string, Shape>> {
  if (hasSizesOfValues(model)) return new Map();
  const session = await openSession(givingOut(model, names), { ...settings, unoptimized: true });
  try {
    const first = await session.run(await madeUp(inputs, 2, 0));
    const second = await session.run(await madeUp(inputs, 3, 1));
    return new Map(
      names.flatMap((name): [string, Shape][] => {
        const [a, b] = [first[name]?.dims, second[name]?.dims];
        if (a === undefined || a.length !== b?.length) return [];
        return [[name, a.map((size, axis) => (size > 0 && size === b[axis] ? size : null))]];
      }),
    );
  } catch {
    return new Map();
  } finally {
    await session.release();
  }
}

/** Rows of zeros or ones; every other open dimension gets a size of its own. */
async function madeUp(
  inputs: readonly TensorSpec[],
  rowCount: number,
  value: 0 | 1,
): Promise<Record<string, RuntimeTensor>> {
  const { Tensor } = await runtime();
  let open = 4 + 10 * value;
  const feeds: Record<string, RuntimeTensor> = {};
  for (const { name, dtype, shape } of inputs) {
    const dims = shape.map((size, axis) => size ?? (axis === 0 ? rowCount : open++));
    const values = new Array<number>(elementCount(dims)).fill(value);
    if (dtype === 'string') feeds[name] = new Tensor('string', values.map(String), dims);
    else if (dtype === 'int64') feeds[name] = new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
    else if (dtype === 'float32' || dtype === 'float64' || dtype === 'int32' || dtype === 'bool')
      feeds[name] = new Tensor(dtype, values, dims);
  }
  return feeds;
}
