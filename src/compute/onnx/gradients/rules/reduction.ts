import type { Rule, Rules } from '../rule.ts';
import { positive, type Site } from '../site.ts';
import type { Operand, Value } from '../value.ts';

/** Reductions. `kept` brings a reduced tensor back to the rank of the input. */
export const reduction: Rules = {
  ReduceSum: reduced((site) => kept(site, site.dy)),
  ReduceMean: reduced((site) => kept(site, site.dy).div(countOf(site))),
  ReduceMax: reduced((site) => share(site, site.x.less(kept(site, site.y)).not())),
  ReduceMin: reduced((site) => share(site, site.x.greater(kept(site, site.y)).not())),
  ReduceL1: reduced((site) => kept(site, site.dy).mul(site.x.sign())),
  ReduceL2: reduced((site) => {
    const norm = kept(site, site.y);
    return kept(site, site.dy)
      .mul(site.x)
      .div(norm.where(norm.greater(0), 1));
  }),
  ReduceSumSquare: reduced((site) => kept(site, site.dy).mul(site.x).mul(2)),
  ReduceLogSum: reduced((site) => kept(site, site.dy.mul(site.y.neg().exp()))),
  ReduceLogSumExp: reduced((site) => kept(site, site.dy).mul(site.x.sub(kept(site, site.y)).exp())),
  ReduceProd: { forward: (site) => [product(site)] },
};

/** The axes are no numbers to vary; the result may lack the reduced axes' sizes, along which it is the same everywhere. */
function reduced(vjp: (site: Site) => Value): Rule {
  return [(site) => (axesOf(site)?.length === 0 ? site.dy : vjp(site).expandLike(site.x)), null];
}

/** undefined where they are known at run time only. */
function axesOf(site: Site): number[] | undefined {
  const all = [...site.x.shape.keys()];
  const axes = site.known('axes', 1) ?? (site.has(1) ? undefined : []);
  if (axes?.length === 0) return site.int('noop_with_empty_axes', 0) ? [] : all;
  return axes?.map((axis) => positive(axis, all.length));
}

function kept(site: Site, value: Value): Value {
  if (site.int('keepdims', 1)) return value;
  return value.unsqueeze(requiredAxes(site));
}

function requiredAxes(site: Site): number[] {
  const axes = axesOf(site);
  if (axes === undefined) throw site.unsupported('its axes are known at run time only');
  return axes;
}

/** How many elements went into one. */
function countOf(site: Site): Operand {
  const { x, y } = site;
  const sizes = axesOf(site)?.map((axis) => x.shape[axis] ?? Number.NaN) ?? [Number.NaN];
  const count = sizes.reduce((product, size) => product * size, 1);
  // No whole numbers: a batch without rows would divide by zero.
  return Number.isNaN(count) ? x.unary('Size').castLike(x).div(y.unary('Size').castLike(x)) : count;
}

/** Equal shares for the elements that tie. */
function share(site: Site, mask: Value): Value {
  const shares = mask.castLike(site.x);
  return kept(site, site.dy)
    .mul(shares)
    .div(shares.sum(requiredAxes(site)));
}

/** One factor after the other, so that zeros among them are no trouble. */
function product(site: Site): Value {
  const axes = requiredAxes(site);
  const value = axes.reduce((partial, axis) => {
    const size = site.x.shape[axis] ?? null;
    if (size === null) throw site.unsupported('the number of its factors is known at run time only');
    const factors = Array.from({ length: size }, (_, index) => partial.slice(axis, index, index + 1));
    return factors.reduce((result, factor) => result.mul(factor));
  }, site.x);
  return site.int('keepdims', 1) ? value : value.squeeze(axes);
}
