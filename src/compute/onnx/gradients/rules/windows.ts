import type { Site } from '../site.ts';
import type { Value } from '../value.ts';

/** How a window moves over the spatial axes, which are all from axis 2 on; every list has an entry for each of them. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All that are before, then all that are behind. */
  readonly pads: readonly number[];
}

/** Of a convolution or pooling over x, with the automatic padding worked out (ONNX, operator Conv, `auto_pad`). */
export function windowsOf(site: Site, kernel: readonly number[]): Windows {
  const ones = kernel.map(() => 1);
  const [strides, dilations] = [site.ints('strides') ?? ones, site.ints('dilations') ?? ones];
  return { kernel, strides, dilations, pads: padsOf(site, { kernel, strides, dilations, pads: [] }) };
}

/** From the first element that a window reads to the last one. */
export const extentOf = ({ kernel, dilations }: Windows, axis: number): number =>
  ((kernel[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;

/** Sizes of the spatial axes. Throws where they are known at run time only. */
export function spatialSizes(site: Site, value: Value): number[] {
  return value.shape.slice(2).map((size) => {
    if (size === null) throw site.unsupported(`the size of “${value.name}” is known at run time only`);
    return size;
  });
}

export const attributesOf = ({ kernel, strides, dilations, pads }: Windows) => ({
  kernel_shape: kernel,
  strides,
  dilations,
  pads,
});

function padsOf(site: Site, windows: Windows): readonly number[] {
  const none = [...windows.kernel, ...windows.kernel].map(() => 0);
  const mode = site.string('auto_pad', 'NOTSET');
  if (mode === 'NOTSET') return site.ints('pads') ?? none;
  if (mode === 'VALID') return none;
  const totals = spatialSizes(site, site.x).map((size, axis) => {
    const stride = windows.strides[axis] ?? 1;
    return Math.max((Math.ceil(size / stride) - 1) * stride + extentOf(windows, axis) - size, 0);
  });
  const [less, more] = [totals.map((total) => total >> 1), totals.map((total) => total - (total >> 1))];
  return mode === 'SAME_UPPER' ? [...less, ...more] : [...more, ...less];
}

/** The order of axes with the first two exchanged. */
export const exchanged = (rank: number): number[] =>
  Array.from({ length: rank }, (_, axis) => (axis < 2 ? 1 - axis : axis));
