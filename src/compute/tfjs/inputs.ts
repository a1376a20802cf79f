import { modelRejected } from '../../errors.ts';
import type { TensorSpec } from '../tensor.ts';
import type { GraphView } from './graph-view.ts';

/** TensorFlow's types of inputs, as rows know them. */
const inputTypes: Readonly<Record<string, 'float32' | 'int32' | 'bool'>> = {
  DT_FLOAT: 'float32',
  '1': 'float32',
  DT_INT32: 'int32',
  '3': 'int32',
  DT_INT64: 'int32',
  '9': 'int32',
  DT_BOOL: 'bool',
  '10': 'bool',
};

/** As its placeholder says, null for what is open. Throws MODEL_REJECTED for a type that rows cannot give. */
export function inputSpec(view: GraphView, name: string): TensorSpec {
  const { attr } = view.byName.get(name) ?? {};
  const written = String(attr?.dtype?.type);
  const dtype = inputTypes[written];
  if (dtype === undefined) throw modelRejected(`The input “${name}” is of type ${written}, which rows cannot give.`);
  const shape = (attr?.shape?.shape?.dim ?? []).map(({ size }) => (Number(size) >= 0 ? Number(size) : null));
  return { name, dtype, shape };
}

/** Of so many rows: the first dimension is theirs; other unknown ones are tried with 1. */
export const dimsOf = ({ shape }: TensorSpec, rows: number): number[] =>
  shape.map((size, axis) => size ?? (axis === 0 ? rows : 1));

/** The size of the first axis that all inputs have; undefined where it is open, or not one for all. */
export function batchSizeOf({ inputs, byName }: GraphView): number | undefined {
  const sizes = inputs.map((name) => Number(byName.get(name)?.attr?.shape?.shape?.dim?.[0]?.size ?? -1));
  const [first = -1] = sizes;
  return first >= 1 && sizes.every((size) => size === first) ? first : undefined;
}
