import type { InferenceNode, KnownTensor, Shape } from './known.ts';

/** Shapes of convolutions whose padding is written out. Axes from 2 on are spatial. */
export function convolution(node: InferenceNode): KnownTensor | undefined {
  const [x, weights] = node.inputs;
  if (x === undefined || weights === undefined) return undefined;
  const spatial = along(node, x.shape, weights.shape, (size, { pads, stride, extent }) =>
    Math.floor((size + pads - extent) / stride + 1),
  );
  return { dtype: x.dtype, shape: [x.shape[0] ?? null, weights.shape[0] ?? null, ...spatial] };
}

export function convolutionTransposed(node: InferenceNode): KnownTensor | undefined {
  const [x, weights] = node.inputs;
  if (x === undefined || weights === undefined) return undefined;
  const added = node.ints('output_padding');
  const spatial = along(
    node,
    x.shape,
    weights.shape,
    (size, { pads, stride, extent }, axis) => (size - 1) * stride + (added?.[axis] ?? 0) + extent - pads,
  );
  const channels = weights.shape[1] ?? null;
  return {
    dtype: x.dtype,
    shape: [x.shape[0] ?? null, channels === null ? null : channels * node.int('group', 1), ...spatial],
  };
}

interface Window {
  readonly pads: number;
  readonly stride: number;
  /** From the first element that it reads to the last one. */
  readonly extent: number;
}

function along(
  { ints }: InferenceNode,
  x: Shape,
  weights: Shape,
  sizeOf: (size: number, window: Window, axis: number) => number,
): Shape {
  const rank = x.length - 2;
  return x.slice(2).map((size, axis) => {
    const kernel = weights[axis + 2] ?? null;
    if (size === null || kernel === null) return null;
    const pads = ints('pads');
    const window = {
      pads: (pads?.[axis] ?? 0) + (pads?.[axis + rank] ?? 0),
      stride: ints('strides')?.[axis] ?? 1,
      extent: (kernel - 1) * (ints('dilations')?.[axis] ?? 1) + 1,
    };
    return sizeOf(size, window, axis);
  });
}
