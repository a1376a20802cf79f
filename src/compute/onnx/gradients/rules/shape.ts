import { composite, type Rule, type Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Value } from '../value.ts';
import { movedBack } from './movement.ts';

const reshaped: Rule = [({ dy, x }) => dy.reshapeLike(x), null];

/** Operators that arrange their elements anew. */
export const shape: Rules = {
  Reshape: reshaped,
  Flatten: reshaped,
  Squeeze: reshaped,
  Unsqueeze: reshaped,
  Transpose: (site) => {
    const order = site.ints('perm') ?? [...site.x.shape.keys()].reverse();
    return site.dy.transpose([...order.keys()].map((axis) => order.indexOf(axis)));
  },
  Expand: [({ dy }) => dy, null],
  Tile: [({ dy, x, b: repeats }) => untiled(dy, x, repeats), null],
  Concat: (site, index) => part(site, site.axis('axis', 1), index),
  Split: [(site) => joined(site), null],
  Pad: [
    (site) => (site.string('mode', 'constant') === 'constant' ? unpadded(site) : movedBack(site, false)),
    null,
    (site) => padding(site),
    null,
  ],
  DepthToSpace: composite((site) => {
    const [block, [depth, height, width]] = [site.int('blocksize', 1), sizesOf(site)];
    const isDepthFirst = site.string('mode', 'DCR') === 'DCR';
    const channels = depth / block ** 2;
    const blocks = isDepthFirst ? [block, block, channels] : [channels, block, block];
    const order = isDepthFirst ? [0, 3, 4, 1, 5, 2] : [0, 1, 4, 2, 5, 3];
    return site.x
      .reshape([-1, ...blocks, height, width])
      .transpose(order)
      .reshapeLike(site.y);
  }),
  SpaceToDepth: composite((site) => {
    const [block, [depth, height, width]] = [site.int('blocksize', 1), sizesOf(site)];
    const blocks = site.x.reshape([-1, depth, height / block, block, width / block, block]);
    return blocks.transpose([0, 3, 5, 1, 2, 4]).reshapeLike(site.y);
  }),
  Dropout: [(site) => undropped(site), null, null],
};

/** Sums the copies: [r₀ n₀, r₁ n₁, …] is [r₀, n₀, r₁, n₁, …], summed over the rs. */
function untiled(dy: Value, x: Value, repeats: Value): Value {
  const pairs = repeats.unsqueeze([1]).concat([x.sizes().unsqueeze([1])], 1);
  const copies = dy.reshape(pairs.reshape([-1])).sized(x.shape.flatMap((size) => [null, size]));
  return copies.sum([...x.shape.keys()].map((axis) => 2 * axis)).reshapeLike(x);
}

/** What belongs to input `index` of a Concat. Its place is looked up at run time where sizes are not known. */
function part(site: Site, axis: number, index: number): Value {
  const sizes = site.inputs.slice(0, index + 1).map(({ shape }) => shape[axis]);
  const [start, end] = [sizes.slice(0, -1), sizes].map((list) =>
    list.reduce((sum: number, size) => sum + (size ?? Number.NaN), 0),
  );
  if (start !== undefined && end !== undefined && !Number.isNaN(end)) return site.dy.slice(axis, start, end);
  if (site.opset < 10) throw site.unsupported('the sizes of its inputs are known at run time only');
  const lengths = site.inputs.slice(0, index + 1).map((input) => input.sizes().slice(0, axis, axis + 1));
  const sum = (list: readonly Value[]) => list.reduce((total, length) => total.add(length), site.dy.integers([0]));
  return site.dy.op('Slice', [site.dy, sum(lengths.slice(0, -1)), sum(lengths), site.dy.integers([axis])]);
}

function joined(site: Site): Value {
  const [first = site.dy, ...others] = site.node.output.map((_, index) => site.gradient(index));
  return first.concat(others, site.axis('axis', 0));
}

/** Negative pads cut off what was added. */
function unpadded(site: Site): Value {
  const { dy, x } = site;
  const attribute = site.ints('pads');
  if (attribute !== undefined) return dy.op('Pad', [dy], { pads: attribute.map((pad) => -pad) }).like(x);
  const axes = site.has(3) ? [dy.scalar(0), site.input(3)] : [];
  return dy.op('Pad', [dy, site.b.neg(), ...axes]).like(x);
}

/** The gradient of the number that was put around. */
function padding(site: Site): Value {
  if (site.string('mode', 'constant') !== 'constant') return site.c.zerosLike(site.c);
  const axes = [...site.x.shape.keys()];
  return site.dy.sum(axes).sub(unpadded(site).sum(axes)).reshapeLike(site.c);
}

/** Of an image: channels, height and width. */
function sizesOf(site: Site): readonly [number, number, number] {
  const [, depth, height, width] = site.x.shape;
  if (typeof depth !== 'number' || typeof height !== 'number' || typeof width !== 'number')
    throw site.unsupported('the size of its images is known at run time only');
  return [depth, height, width];
}

function undropped(site: Site): Value {
  if (site.opset >= 12 && site.has(2) && site.known('training_mode', 2)?.[0] !== 0)
    throw site.unsupported('it drops elements at random (training mode)');
  return site.dy;
}
