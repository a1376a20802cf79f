import type { Site } from '../site.ts';
import type { Value } from '../value.ts';

/**
 * The gradient of an operator that only moves elements about, in whatever way: the positions 0, 1, … of the elements are moved
 * likewise, and each gradient is added where its element came from. `once`: no element is taken twice.
 */
export function movedBack(site: Site, once: boolean): Value {
  const { x, node } = site;
  requireOpset(site, once ? 11 : 16);
  const count = x.unary('Size');
  const positions = x
    .op('Range', [count.scalar(0), count, count.scalar(1)])
    .sized([null], 'int64')
    .reshapeLike(x);
  const moved = x.op(node.opType, [positions, ...site.inputs.slice(1)], site.attributes).sized(site.y.shape, 'int64');
  return scatterAdd(site, moved, once);
}

/** Adds each gradient to the element of x that its position, counted over all of x, names. */
export function scatterAdd(site: Site, positions: Value, once: boolean): Value {
  const { x, dy } = site;
  requireOpset(site, once ? 11 : 16);
  const flat = [zeros(x, x.unary('Size').reshape([1])), positions.reshape([-1]), dy.reshape([-1])];
  const sums = x.op('ScatterElements', flat, once ? { axis: 0 } : { axis: 0, reduction: 'add' });
  return sums.sized([null], x.dtype).reshapeLike(x);
}

/** Zeros of these sizes and the element type of x. */
export const zeros = (x: Value, sizes: Value): Value => x.op('Expand', [x.scalar(0), sizes]);

/** Throws unless the model's opset has what the rule needs. */
export function requireOpset(site: Site, opset: number): void {
  if (site.opset < opset)
    throw site.unsupported(
      `that needs opset ${opset}, and the model has opset ${site.opset}; export it again with opset 18`,
    );
}
