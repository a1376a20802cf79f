import type { Rule, Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import { uncut, ungatheredOnce } from '../slices.ts';
import type { Value } from '../value.ts';
import { movedBack, requireOpset, zeros } from './movement.ts';

/** Operators that take some elements, or put them somewhere. */
export const selection: Rules = {
  Slice: [(site) => uncut(site) ?? movedBack(site, true), null, null, null, null],
  Gather: [(site) => ungatheredOnce(site) ?? ungathered(site), null],
  GatherElements: [(site) => addedAt(site, 'ScatterElements', { axis: site.int('axis', 0) }), null],
  GatherND: [(site) => (site.int('batch_dims', 0) > 0 ? movedBack(site, false) : addedAt(site, 'ScatterND')), null],
  Compress: [(site) => movedBack(site, true), null],
  TopK: [
    (site) => {
      const { dy, x } = site;
      return dy.op(scatter(site), [x.zerosLike(x), places(site), dy], { axis: site.int('axis', -1) }).like(x);
    },
    null,
  ],
  ReverseSequence: [({ dy, b, attributes }) => dy.op('ReverseSequence', [dy, b], attributes), null],
  CumSum: [
    (site) => {
      const [exclusive, reverse] = [site.int('exclusive', 0), 1 - site.int('reverse', 0)];
      return site.dy.op('CumSum', [site.dy, site.b], { exclusive, reverse });
    },
    null,
  ],
  Trilu: [({ dy, inputs, attributes }) => dy.op('Trilu', [dy, ...inputs.slice(1)], attributes), null],
  OneHot: [null, null, offAndOn],

  ScatterND: put(() => ['GatherND', {}]),
  ScatterElements: put((site) => ['GatherElements', { axis: site.int('axis', 0) }]),
  Scatter: put((site) => ['GatherElements', { axis: site.int('axis', 0) }]),
};

/** A table's gradient: that of each row is the sum over its look-ups. */
function ungathered(site: Site): Value {
  const { x, dy, b: indices } = site;
  requireOpset(site, 16);
  const axis = site.axis('axis', 0);
  const axes = [...x.shape.keys()];
  const toFront = [axis, ...axes.filter((other) => other !== axis)];
  const looked = dy.transpose(rotation(dy.rank, axis, indices.rank));
  const sizes = x.op('Gather', [x.sizes(), x.integers(toFront)], { axis: 0 });
  const rows = dy.op('ScatterND', [zeros(x, sizes), indices.cast('int64').unsqueeze([-1]), looked], {
    reduction: 'add',
  });
  rows.sized(
    toFront.map((other) => x.shape[other] ?? null),
    x.dtype,
  );
  return rows.transpose(axes.map((other) => toFront.indexOf(other)));
}

/** The order in which `count` axes from `start` on come first. */
function rotation(rank: number, start: number, count: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return [...axes.splice(start, count), ...axes];
}

function addedAt(site: Site, operator: string, attributes: Readonly<Record<string, number>> = {}): Value {
  requireOpset(site, 16);
  const { dy, x, b: indices } = site;
  return dy.op(operator, [x.zerosLike(x), indices, dy], { ...attributes, reduction: 'add' }).like(x);
}

/** Elements that are put somewhere take the gradient of their place from what was there, or share it when they are added. */
function put(gather: (site: Site) => [string, Readonly<Record<string, number>>]): Rule {
  const isAdded = (site: Site): boolean => {
    const reduction = site.string('reduction', 'none');
    if (reduction !== 'add' && reduction !== 'none') throw site.unsupported(`its reduction is ${reduction}`);
    return reduction === 'add';
  };
  return [
    (site) => {
      if (isAdded(site)) return site.dy;
      const { dy, b: indices, c: updates } = site;
      return dy.op(site.node.opType, [dy, indices, updates.zerosLike(updates)], site.attributes).like(dy);
    },
    null,
    (site) => {
      isAdded(site);
      requireOpset(site, 11);
      const [operator, attributes] = gather(site);
      return site.dy.op(operator, [site.dy, site.b], attributes);
    },
  ];
}

/** The indices of a TopK, which the model itself may leave out. */
function places(site: Site): Value {
  if ((site.node.output[1] ?? '') !== '') return site.output(1);
  const [, indices = ''] = site.graph.node('TopK', site.node.input, site.attributes, 2);
  return site.value(indices);
}

const scatter = ({ opset }: Site): string => (opset < 11 ? 'Scatter' : 'ScatterElements');

/** Of the values [off, on]. */
function offAndOn(site: Site): Value {
  const { dy, a: indices, b: depth, c: values } = site;
  const pair = dy
    .scalar(0)
    .unsqueeze([0])
    .concat([dy.scalar(1).unsqueeze([0])], 0);
  const on = dy.op('OneHot', [indices, depth, pair], site.attributes).like(dy);
  const axes = [...dy.shape.keys()];
  const sums = [dy.mul(on.complement()), dy.mul(on)].map((part) => part.sum(axes).reshape([1]));
  return (sums[0] as Value).concat(sums.slice(1), 0).reshapeLike(values);
}
