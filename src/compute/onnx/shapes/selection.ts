import type { InferenceNode, KnownTensor } from './known.ts';

/** Shapes of operators that take elements, cut them off or put others around them: the rank is known even where sizes are not. */

export function slice({ inputs: [a, ...rest], ints, values }: InferenceNode): KnownTensor | undefined {
  if (a === undefined) return undefined;
  const starts = ints('starts') ?? values(1);
  const ends = ints('ends') ?? values(2);
  const axes = ints('axes') ?? (rest.length > 2 ? values(3) : starts?.map((_, axis) => axis));
  const steps = rest.length > 3 ? values(4) : starts?.map(() => 1);
  if (axes === undefined) return { dtype: a.dtype, shape: a.shape.map(() => null) };
  const shape = [...a.shape];
  for (const [index, given] of axes.entries()) {
    const axis = given < 0 ? given + shape.length : given;
    shape[axis] = lengthOf(shape[axis] ?? null, starts?.[index], ends?.[index], steps?.[index]);
  }
  return { dtype: a.dtype, shape };
}

/** How many elements a slice takes, null where it is known at run time only; steps backwards are not counted out. */
function lengthOf(size: number | null, start?: number, end?: number, step?: number): number | null {
  if (size === null || start === undefined || end === undefined || step === undefined || step < 1) return null;
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, 0), size);
  return Math.max(0, Math.ceil((clamp(end) - clamp(start)) / step));
}

export function pad({ inputs: [a, ...rest], ints, values }: InferenceNode): KnownTensor | undefined {
  if (a === undefined) return undefined;
  const rank = a.shape.length;
  const hasAxes = rest.length > 2;
  const pads = hasAxes ? undefined : (ints('pads') ?? values(1));
  const added = (axis: number) => (pads === undefined ? Number.NaN : (pads[axis] ?? 0) + (pads[axis + rank] ?? 0));
  const shape = a.shape.map((size, axis) => (size === null || Number.isNaN(added(axis)) ? null : size + added(axis)));
  return { dtype: a.dtype, shape };
}

export function tile({ inputs: [a], values }: InferenceNode): KnownTensor | undefined {
  const repeats = values(1);
  const repeated = (size: number | null, axis: number) => {
    const count = repeats?.[axis];
    return size === null || count === undefined ? null : size * count;
  };
  return a && { dtype: a.dtype, shape: a.shape.map(repeated) };
}

export const gatherElements = ({ inputs: [a, indices] }: InferenceNode): KnownTensor | undefined =>
  a && indices && { dtype: a.dtype, shape: indices.shape };

export function gatherNd({ inputs: [a, indices], int }: InferenceNode): KnownTensor | undefined {
  const depth = indices?.shape.at(-1);
  if (a === undefined || indices === undefined || typeof depth !== 'number') return undefined;
  return { dtype: a.dtype, shape: [...indices.shape.slice(0, -1), ...a.shape.slice(int('batch_dims', 0) + depth)] };
}

export function compress({ inputs: [a], int }: InferenceNode): KnownTensor | undefined {
  const axis = int('axis', Number.NaN);
  return a && { dtype: a.dtype, shape: Number.isNaN(axis) ? [null] : a.shape.with(axis, null) };
}

export function topK({ inputs: [a], int, values }: InferenceNode): KnownTensor | undefined {
  const [count = null] = values(1) ?? [];
  return a && { dtype: a.dtype, shape: a.shape.with(int('axis', -1), count) };
}

export function oneHot({ inputs: [indices, , pair], int, values }: InferenceNode): KnownTensor | undefined {
  if (indices === undefined || pair === undefined) return undefined;
  const [depth = null] = values(1) ?? [];
  const axis = int('axis', -1);
  const place = axis < 0 ? axis + indices.shape.length + 1 : axis;
  return { dtype: pair.dtype, shape: indices.shape.toSpliced(place, 0, depth) };
}
