import type { Tensor } from '../../../tensor.ts';
import { elementCount } from '../../../tensor.ts';
import { composite, type Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Value } from '../value.ts';
import { requireOpset, scatterAdd } from './movement.ts';
import { attributesOf, extentOf, spatialSizes, type Windows, windowsOf } from './windows.ts';

/** Pooling. What a window sums up is a convolution with ones, channel by channel. */
export const pooling: Rules = {
  GlobalAveragePool: composite(({ x }) => x.mean(spatialAxes(x))),
  GlobalMaxPool: composite(({ x }) => x.max(spatialAxes(x))),
  GlobalLpPool: composite((site) => {
    const p = site.int('p', 2);
    return site.x
      .unary('Abs')
      .pow(p)
      .sum(spatialAxes(site.x))
      .pow(1 / p);
  }),
  AveragePool: composite((site) => {
    const windows = poolWindows(site);
    return sumOf(site, site.x, windows).div(counts(site, windows)).reshapeLike(site.y);
  }),
  LpPool: composite((site) => {
    const p = site.int('p', 2);
    return sumOf(site, site.x.unary('Abs').pow(p), poolWindows(site))
      .pow(1 / p)
      .reshapeLike(site.y);
  }),
  MaxPool: (site) => {
    const { kernel, strides, dilations } = windowsOf(site, site.ints('kernel_shape') ?? []);
    const apart = kernel.every(
      (_, axis) => (strides[axis] ?? 1) >= extentOf({ kernel, dilations, strides, pads: [] }, axis),
    );
    requireOpset(site, 11);
    const { storage_order: _, ...attributes } = site.attributes;
    const [pooled = '', positions = ''] = site.graph.node('MaxPool', [site.x.name], attributes, 2);
    site.value(pooled).like(site.y);
    return scatterAdd(site, site.value(positions).sized(site.y.shape, 'int64'), apart);
  },
  MaxUnpool: [unpooled, null, null],
};

/** Of each element's place; an element over which a later one was written has no part in the output. */
function unpooled(site: Site): Value {
  const { dy, x, b } = site;
  requireOpset(site, 11);
  const positions = b.reshape([-1]);
  const at = (values: Value) => values.op('GatherElements', [values, positions], { axis: 0 });
  const count = x.unary('Size');
  const order = x.op('Range', [count.scalar(0), count, count.scalar(1)]);
  const empty = order.op('Expand', [order.scalar(0), dy.unary('Size').reshape([1])]);
  const last = at(order.op('ScatterElements', [empty, positions, order], { axis: 0 }));
  return at(dy.reshape([-1]))
    .where(last.equal(order))
    .reshapeLike(x);
}

const spatialAxes = ({ shape }: Value): number[] => [...shape.keys()].slice(2);

/** With the padding that is needed for the last windows where their number is rounded up (`ceil_mode`). */
function poolWindows(site: Site): Windows {
  const windows = windowsOf(site, site.ints('kernel_shape') ?? []);
  if (!site.int('ceil_mode', 0)) return windows;
  const { kernel, strides, pads } = windows;
  const counts = spatialSizes(site, site.y);
  const behind = spatialSizes(site, site.x).map((size, axis) => {
    const read = ((counts[axis] ?? 1) - 1) * (strides[axis] ?? 1) + extentOf(windows, axis);
    return Math.max(read - size - (pads[axis] ?? 0), pads[axis + kernel.length] ?? 0);
  });
  return { ...windows, pads: [...pads.slice(0, kernel.length), ...behind] };
}

/** [rows · channels, 1, …]: the sum over each window. */
function sumOf(site: Site, x: Value, windows: Windows): Value {
  return summed(x.reshape([-1, 1, ...spatialSizes(site, x)]), windows);
}

function summed(images: Value, windows: Windows): Value {
  const kernel = constant(images, ones([1, 1, ...windows.kernel]));
  return images.op('Conv', [images, kernel], attributesOf(windows));
}

/** [1, 1, …]: how many elements each window averages, those of the padding included or not. */
function counts(site: Site, windows: Windows): Value {
  const sizes = spatialSizes(site, site.x);
  const rank = sizes.length;
  if (!site.int('count_include_pad', 0)) return summed(constant(site.x, ones([1, 1, ...sizes])), windows);
  const given = windowsOf(site, windows.kernel).pads;
  const padded = sizes.map((size, axis) => size + (given[axis] ?? 0) + (given[axis + rank] ?? 0));
  const pads = windows.pads.map((pad, index) => pad - (given[index] ?? 0));
  return summed(constant(site.x, ones([1, 1, ...padded])), { ...windows, pads });
}

const ones = (dims: readonly number[]): Tensor => ({
  dtype: 'float32',
  dims,
  data: new Float32Array(elementCount(dims)).fill(1),
});

const constant = (like: Value, tensor: Tensor): Value => like.named(like.graph.constant(tensor)).castLike(like);
