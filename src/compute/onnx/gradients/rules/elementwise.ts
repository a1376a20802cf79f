import type { Rule, Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Value } from '../value.ts';

/** Arithmetic and the elementary functions. */
export const elementwise: Rules = {
  Identity: ({ dy }) => dy,
  Cast: ({ dy, x }) => dy.castLike(x),
  CastLike: [({ dy, x }) => dy.castLike(x), null],

  Add: ({ dy }) => dy,
  Sub: [({ dy }) => dy, ({ dy }) => dy.neg()],
  Mul: [({ dy, b }) => dy.mul(b), ({ dy, a }) => dy.mul(a)],
  Div: [({ dy, b }) => dy.div(b), ({ dy, b, y }) => dy.mul(y).div(b).neg()],
  Sum: ({ dy }) => dy,
  Mean: ({ dy, node }) => dy.div(node.input.length),
  // y = a − k b with a whole number k, rounded as the attribute fmod says.
  Mod: [({ dy }) => dy, ({ dy, a, b, y }) => dy.mul(a.sub(y).div(b)).neg()],
  Neg: ({ dy }) => dy.neg(),
  Abs: ({ dy, x }) => dy.mul(x.sign()),
  Reciprocal: ({ dy, y }) => dy.mul(y.square()).neg(),

  Pow: [({ dy, a, b }) => dy.mul(slopeOfPower(a, b)), ({ dy, a, b, y }) => dy.mul(y.castLike(b)).mul(logOf(a, b))],
  Sqrt: ({ dy, y }) => dy.div(y.mul(2)),
  // What is behind an exponential that is too large for a number does not vary any more: 1 / (1 + eˣ).
  Exp: ({ dy, y }) => dy.mul(y.atMostLargest()),
  Log: ({ dy, x }) => dy.div(x),
  Erf: ({ dy, x }) => dy.mul(x.square().neg().exp()).mul(2 / Math.sqrt(Math.PI)),

  Sin: ({ dy, x }) => dy.mul(x.unary('Cos')),
  Cos: ({ dy, x }) => dy.mul(x.unary('Sin')).neg(),
  Tan: ({ dy, y }) => dy.mul(y.square().add(1)),
  Asin: ({ dy, x }) => dy.div(x.square().complement().sqrt()),
  Acos: ({ dy, x }) => dy.div(x.square().complement().sqrt()).neg(),
  Atan: ({ dy, x }) => dy.div(x.square().add(1)),
  Sinh: ({ dy, x }) => dy.mul(x.unary('Cosh')),
  Cosh: ({ dy, x }) => dy.mul(x.unary('Sinh')),
  Tanh: ({ dy, y }) => dy.mul(y.square().complement()),
  Asinh: ({ dy, x }) => dy.div(x.square().add(1).sqrt()),
  Acosh: ({ dy, x }) => dy.div(x.square().sub(1).sqrt()),
  Atanh: ({ dy, x }) => dy.div(x.square().complement()),

  Where: [null, ({ dy, a: condition }) => dy.where(condition), ({ dy, a: condition }) => dy.where(condition.not())],
  Max: shared((value, largest) => value.less(largest).not()),
  Min: shared((value, smallest) => value.greater(smallest).not()),
};

/** d aᵇ / d a. Where the exponent is 0 the power does not depend on a, and 0⁻¹ must not come up. */
function slopeOfPower(a: Value, b: Value): Value {
  const [exponent] = b.graph.valueOf(b.name)?.data ?? [];
  if (exponent !== undefined && b.spec?.shape.length === 0) {
    const value = Number(exponent);
    return value === 0 ? a.scalar(0) : a.pow(value - 1).mul(value);
  }
  const power = b.castLike(a);
  return a.pow(a.scalar(1).where(power.equal(0), power.sub(1))).mul(power);
}

/** log a, where a power of a depends on the exponent at all: 0ᵇ is 0. */
const logOf = (a: Value, b: Value): Value => a.scalar(1).where(a.equal(0), a).log().castLike(b);

/** To each input where it is the extreme one; those that tie get equal shares. */
function shared(isExtreme: (value: Value, extreme: Value) => Value): Rule {
  const mask = (site: Site, index: number) => isExtreme(site.input(index), site.y).castLike(site.y);
  return (site, index) => {
    const masks = site.node.input.map((_, other) => mask(site, other));
    const count = masks.reduce((sum, other) => sum.add(other));
    return masks.length === 1 ? site.dy : site.dy.mul(mask(site, index)).div(count);
  };
}
