import { composite, type Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Value } from '../value.ts';

/** Normalizations, written out. */
export const normalization: Rules = {
  BatchNormalization: composite((site) => {
    if (site.int('training_mode', 0)) throw site.unsupported('it normalizes by the batch (training mode)');
    const [scale, shift, mean, variance] = [1, 2, 3, 4].map((index) => perChannel(site.input(index), site.x));
    if (!scale || !shift || !mean || !variance) throw site.unsupported('it lacks an input');
    return site.x
      .sub(mean)
      .mul(scale.div(variance.add(epsilonOf(site)).sqrt()))
      .add(shift);
  }),
  LayerNormalization: {
    forward: (site) => {
      const axes = [...site.x.shape.keys()].slice(site.axis('axis', -1));
      const mean = site.x.mean(axes);
      const deviations = site.x.sub(mean);
      const scale = deviations.square().mean(axes).add(epsilonOf(site)).sqrt().unary('Reciprocal');
      return [affine(deviations.mul(scale), site.b, site.optional(2)), mean, scale];
    },
  },
  RMSNormalization: composite((site) => {
    const axes = [...site.x.shape.keys()].slice(site.axis('axis', -1));
    return site.x.div(site.x.square().mean(axes).add(epsilonOf(site)).sqrt()).mul(site.b);
  }),
  InstanceNormalization: composite((site) => {
    const axes = [...site.x.shape.keys()].slice(2);
    return affine(standardized(site.x, axes, epsilonOf(site)), perChannel(site.b, site.x), perChannel(site.c, site.x));
  }),
  GroupNormalization: composite((site) => {
    const groups = site.int('num_groups', 1);
    const grouped = site.x.reshape([0, groups, -1]);
    const standard = standardized(grouped, [2], epsilonOf(site));
    // Before opset 21 scale and shift are those of groups, then of channels.
    if (site.opset < 21) return affine(standard, site.b.unsqueeze([1]), site.c.unsqueeze([1])).reshapeLike(site.x);
    return affine(standard.reshapeLike(site.x), perChannel(site.b, site.x), perChannel(site.c, site.x));
  }),
  LpNormalization: composite((site) => {
    const axis = site.axis('axis', -1);
    const isAbsolute = site.int('p', 2) === 1;
    const sum = (isAbsolute ? site.x.unary('Abs') : site.x.square()).sum([axis]);
    // Zeros stay zeros, whichever way one comes to them.
    const positive = sum.greater(0);
    const divisible = sum.where(positive, 1);
    return site.x.div(isAbsolute ? divisible : divisible.sqrt()).where(positive);
  }),
  MeanVarianceNormalization: composite((site) => {
    const axes = site.ints('axes') ?? [0, 2, 3];
    const mean = site.x.mean(axes);
    const variance = site.x.square().mean(axes).sub(mean.square());
    return site.x.sub(mean).div(variance.sqrt().add(1e-9));
  }),
  LRN: composite((site) => {
    const size = site.int('size', 1);
    const sums = sumOfNeighbours(site, site.x.square(), size);
    const scale = sums.mul(site.float('alpha', 1e-4) / size).add(site.float('bias', 1));
    return site.x.div(scale.pow(site.float('beta', 0.75)));
  }),
};

const epsilonOf = (site: Site): number => site.float('epsilon', 1e-5);

/** [channels] so that it broadcasts over axis 1. */
const perChannel = (value: Value, x: Value): Value =>
  value.rank > 1 ? value : value.unsqueeze(Array.from({ length: Math.max(x.rank - 2, 0) }, (_, axis) => axis + 1));

function standardized(x: Value, axes: readonly number[], epsilon: number): Value {
  const deviations = x.sub(x.mean(axes));
  return deviations.div(deviations.square().mean(axes).add(epsilon).sqrt());
}

function affine(x: Value, scale: Value, shift: Value | undefined): Value {
  const scaled = x.mul(scale);
  return shift === undefined ? scaled : scaled.add(shift);
}

/** Over a window of channels; of an even number, one more lies behind than before. */
function sumOfNeighbours(site: Site, x: Value, size: number): Value {
  const channels = x.shape[1] ?? null;
  if (channels === null) throw site.unsupported('its number of channels is known at run time only');
  const before = Math.floor((size - 1) / 2);
  const windows = Array.from({ length: channels }, (_, channel) => {
    const [start, end] = [Math.max(channel - before, 0), Math.min(channel - before + size, channels)];
    return x.slice(1, start, end).sum([1]);
  });
  const [first = x, ...others] = windows;
  return first.concat(others, 1);
}
