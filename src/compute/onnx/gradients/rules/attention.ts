import type { Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import { largest, type Value } from '../value.ts';

/** Scaled dot-product attention (Vaswani et al. 2017), written out: softmax(Q Kᵀ · scale + mask) V. */
export const attention: Rules = {
  Attention: {
    forward: (site) => {
      if (site.has(6)) throw site.unsupported('its lengths without padding have no rule');
      const query = headsOf(site.a, site.int('q_num_heads', 0));
      const [key, value] = [1, 2].map((index) => {
        const present = headsOf(site.input(index), site.int('kv_num_heads', 0));
        return site.has(index + 3) ? site.input(index + 3).concat([present], 2) : present;
      }) as [Value, Value];
      const groups = sizeOf(site, query, 1) / sizeOf(site, key, 1);
      const scale = site.float('scale', 0) || 1 / Math.sqrt(sizeOf(site, query, 3));
      const products = query.mul(scale).matmul(repeated(site, key, groups).transposed());
      const result = weights(site, capped(products, site.float('softcap', 0))).matmul(repeated(site, value, groups));
      return [site.a.rank === 3 ? result.transpose([0, 2, 1, 3]).reshape([0, 0, -1]) : result, key, value];
    },
  },
};

/** [rows, heads, places, width]; of three axes, the last has the heads side by side. */
const headsOf = (value: Value, heads: number): Value =>
  value.rank === 4 ? value : value.reshape([0, 0, heads, -1]).transpose([0, 2, 1, 3]);

/** Every head of keys or values serves a group of queries. */
function repeated(site: Site, heads: Value, groups: number): Value {
  if (groups === 1) return heads;
  const copies = heads.unsqueeze([2]);
  const sizes = [0, sizeOf(site, heads, 1) * groups, -1, sizeOf(site, heads, 3)];
  return copies.op('Expand', [copies, copies.integers([1, 1, groups, 1, 1])]).reshape(sizes);
}

const capped = (scores: Value, cap: number): Value => (cap === 0 ? scores : scores.div(cap).unary('Tanh').mul(cap));

/** softmax(scores + mask), and nothing at all for a query that may look nowhere: an empty history. */
function weights(site: Site, scores: Value): Value {
  const mask = site.optional(3);
  const added = mask === undefined || mask.dtype === 'bool' ? scores : scores.add(mask);
  const allowed = allowedBy(site, scores);
  const bounded = allowed === undefined ? added : added.where(allowed, -largest(scores.dtype));
  const softmax = scores.op('Softmax', [bounded], { axis: -1 });
  return allowed === undefined ? softmax : softmax.where(allowed);
}

/** Where a query may look; undefined when it may look everywhere. */
function allowedBy(site: Site, scores: Value): Value | undefined {
  const mask = site.optional(3);
  const given = mask?.dtype === 'bool' ? mask : mask?.greater(lowestMask(mask));
  if (!site.int('is_causal', 0)) return given;
  if (site.has(4)) throw site.unsupported('it is causal behind keys of the past');
  const sizes = scores.sizes().slice(0, 2, 4);
  const all = scores.op('Expand', [scores.scalar(1), sizes]).sized([null, null], scores.dtype);
  const past = all.op('Trilu', [all], { upper: 0 }).greater(0);
  return given === undefined ? past : past.and(given);
}

/** What forbids when it is added: −∞, and in float32 for onnxruntime the lowest number too. */
const lowestMask = ({ dtype }: Value): number => (dtype === 'float64' ? Number.NEGATIVE_INFINITY : -largest(dtype));

function sizeOf(site: Site, value: Value, axis: number): number {
  const size = value.shape[axis];
  if (typeof size !== 'number') throw site.unsupported('its number of heads or their width is known at run time only');
  return size;
}
