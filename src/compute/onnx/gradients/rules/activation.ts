import { composite, type Rules } from '../rule.ts';
import type { Site } from '../site.ts';
import type { Operand, Value } from '../value.ts';

/** Activation functions. At a kink the derivative is the one that PyTorch takes: relu′(0) = 0. */
export const activation: Rules = {
  // A product, since onnxruntime's Where is slower and every dense layer has one of these.
  Relu: ({ dy, y }) => dy.mul(y.greater(0).castLike(y)),
  LeakyRelu: (site) => site.dy.where(site.x.greater(0), site.dy.mul(site.float('alpha', 0.01))),
  PRelu: [
    ({ dy, x, b: slope }) => dy.where(x.greater(0), dy.mul(slope)),
    ({ dy, x }) => dy.mul(x).where(x.greater(0).not()),
  ],
  ThresholdedRelu: (site) => site.dy.where(site.x.greater(site.float('alpha', 1))),
  Shrink: (site) => site.dy.where(site.x.unary('Abs').greater(site.float('lambd', 0.5))),
  Clip: [(site) => unclipped(site), (site) => raised(site), (site) => lowered(site)],

  Elu: (site) => curved(site, 1, site.y.add(site.float('alpha', 1))),
  Celu: (site) => curved(site, 1, site.y.div(site.float('alpha', 1)).add(1)),
  Selu: (site) => {
    const gamma = site.float('gamma', 1.0507009873554805);
    return curved(site, gamma, site.y.add(gamma * site.float('alpha', 1.6732632423543772)));
  },

  Sigmoid: ({ dy, y }) => dy.mul(y.mul(y.complement())),
  HardSigmoid: (site) => {
    const slope = site.dy.mul(site.float('alpha', 0.2));
    return slope.where(site.y.greater(0).and(site.y.less(1)));
  },
  Softplus: ({ dy, x }) => dy.mul(x.unary('Sigmoid')),
  Softsign: ({ dy, x }) => dy.div(x.unary('Abs').add(1).square()),

  Gelu: composite((site) => {
    const { x } = site;
    const gate = site.string('approximate', 'none') === 'tanh' ? tanhGate(x) : x.div(Math.SQRT2).unary('Erf');
    return x.mul(gate.add(1)).mul(0.5);
  }),
  HardSwish: composite(({ x }) => x.mul(x.op('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } }))),
  Mish: composite(({ x }) => x.mul(x.unary('Softplus').unary('Tanh'))),
  Swish: composite((site) => site.x.mul(site.x.mul(site.float('alpha', 1)).unary('Sigmoid'))),

  Softmax: (site) => {
    const { dy, y } = site;
    return y.mul(dy.sub(dy.mul(y).sum(softmaxAxes(site))));
  },
  LogSoftmax: (site) => site.dy.sub(site.y.exp().mul(site.dy.sum(softmaxAxes(site)))),
};

/** A slope for positive x and another one elsewhere. */
const curved = ({ dy, x }: Site, right: number, left: Value): Value => dy.mul(right).where(x.greater(0), dy.mul(left));

/** Of Clip: attributes before opset 11, then inputs. Those that are left out bound nothing. */
function bounds(site: Site): (Operand | undefined)[] {
  return ['min', 'max'].map((name, index) => {
    const attribute = site.float(name, Number.NaN);
    return Number.isNaN(attribute) ? site.optional(index + 1) : attribute;
  });
}

/** To x where it lies between the bounds or on one. */
function unclipped(site: Site): Value {
  const [low, high] = bounds(site);
  const above = low === undefined ? site.dy : site.dy.where(site.x.less(low).not());
  return high === undefined ? above : above.where(site.x.greater(high).not());
}

/** To the lower bound where x was below; where the bounds cross, the upper one is the result. */
function raised(site: Site): Value {
  const { dy, x, b: low } = site;
  const below = dy.where(x.less(low));
  return site.has(2) ? below.where(low.greater(site.c).not()) : below;
}

/** To the upper bound where x, or the lower one, was above. */
function lowered(site: Site): Value {
  const { dy, x, b: low, c: high } = site;
  return dy.where((site.has(1) ? x.op('Max', [x, low]) : x).greater(high));
}

const tanhGate = (x: Value): Value =>
  x
    .add(x.pow(3).mul(0.044715))
    .mul(Math.sqrt(2 / Math.PI))
    .unary('Tanh');

/** Before opset 13 all axes from the given one on are one. */
export function softmaxAxes(site: Site): number[] {
  if (site.opset >= 13) return [site.axis('axis', -1)];
  const first = site.axis('axis', 1);
  return [...site.x.shape.keys()].filter((axis) => axis >= first);
}
