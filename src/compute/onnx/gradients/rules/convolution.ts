import type { Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Value } from '../value.ts';
import { attributesOf, exchanged, extentOf, spatialSizes, type Windows, windowsOf } from './windows.ts';

/** Convolution and its transpose: each is the gradient of the other. */
export const convolution: Rules = {
  Conv: [
    (site) => {
      const windows = weightWindows(site);
      const attributes = { ...attributesOf(windows), group: groupsOf(site), output_padding: leftOver(site, windows) };
      return site.dy.op('ConvTranspose', [site.dy, site.b], attributes).like(site.x);
    },
    (site) => weightGradient(site, site.x, site.dy),
    (site) => biasGradient(site),
  ],
  ConvTranspose: [
    (site) => {
      const attributes = { ...attributesOf(weightWindows(site)), group: groupsOf(site) };
      return site.dy.op('Conv', [site.dy, site.b], attributes).like(site.x);
    },
    (site) => weightGradient(site, site.dy, site.x),
    (site) => biasGradient(site),
  ],
};

const groupsOf = (site: Site): number => site.int('group', 1);

function weightWindows(site: Site): Windows {
  if (
    site.node.opType === 'ConvTranspose' &&
    (site.ints('output_shape') || site.string('auto_pad', 'NOTSET') !== 'NOTSET')
  )
    throw site.unsupported('its padding follows from the size of its output');
  return windowsOf(site, spatialSizes(site, site.b));
}

/** Elements behind the last window, which strides leave unread. */
function leftOver(site: Site, windows: Windows): number[] {
  const { strides, pads, kernel } = windows;
  if (strides.every((stride) => stride === 1)) return kernel.map(() => 0);
  const counts = spatialSizes(site, site.y);
  return spatialSizes(site, site.x).map((size, axis) => {
    const padded = size + (pads[axis] ?? 0) + (pads[axis + kernel.length] ?? 0);
    return padded - ((counts[axis] ?? 1) - 1) * (strides[axis] ?? 1) - extentOf(windows, axis);
  });
}

/**
 * Of the weights [M, C / groups, …] between an input [N, C, …] and the gradient of an output [N, M, …]: a convolution of one with
 * the other, in which rows are channels and channels rows, and strides and dilations have changed places.
 */
function weightGradient(site: Site, input: Value, gradient: Value): Value {
  const weights = site.b;
  const { kernel, strides, dilations, pads } = weightWindows(site);
  const order = exchanged(input.rank);
  const group = groupsOf(site);
  const attributes = { strides: dilations, dilations: strides, pads, group };
  const result = input.op('Conv', [rowsAsChannels(site, input, group), gradient.transpose(order)], attributes);
  const cut = kernel.reduce((part, size, axis) => part.slice(axis + 2, 0, size), result);
  return cut.transpose(order).like(weights);
}

/** [N, G · C, …] as [C, G · N, …]. */
function rowsAsChannels(site: Site, input: Value, groups: number): Value {
  if (groups === 1) return input.transpose(exchanged(input.rank));
  const [, channels = null] = input.shape;
  if (channels === null) throw site.unsupported('its number of channels is known at run time only');
  const sizes = spatialSizes(site, input);
  const grouped = input.reshape([-1, groups, channels / groups, ...sizes]);
  const order = [2, 1, 0, ...sizes.map((_, axis) => axis + 3)];
  return grouped.transpose(order).reshape([channels / groups, -1, ...sizes]);
}

function biasGradient({ dy }: Site): Value {
  return dy.sum(
    [...dy.shape.keys()].filter((axis) => axis !== 1),
    false,
  );
}
