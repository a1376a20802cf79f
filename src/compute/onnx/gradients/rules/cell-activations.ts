import { readFloats, readStrings } from '../../attributes.ts';
import type { Site } from '../site.ts';
import type { Unary } from './cells.ts';

/** An activation with its numbers; those that onnxruntime takes when the node gives none. */
interface Activation {
  readonly alpha?: number;
  readonly beta?: number;
  /** Whether it has numbers without which it means nothing: onnxruntime then takes 0, ONNX names other ones or none. */
  readonly needed?: true;
  readonly of: (alpha: number, beta: number) => Unary;
}

const plain = (name: string): Activation => ({ of: () => (x) => x.unary(name) });
const float = (value: number) => ({ float: value });

/** What ONNX allows in a recurrent layer. */
const activations: Readonly<Record<string, Activation>> = {
  Sigmoid: plain('Sigmoid'),
  Tanh: plain('Tanh'),
  Relu: plain('Relu'),
  Softsign: plain('Softsign'),
  Softplus: plain('Softplus'),
  Affine: { alpha: 0, beta: 0, needed: true, of: (alpha, beta) => (x) => x.mul(alpha).add(beta) },
  ScaledTanh: { alpha: 0, beta: 0, needed: true, of: (alpha, beta) => (x) => x.mul(beta).unary('Tanh').mul(alpha) },
  ThresholdedRelu: { alpha: 0, needed: true, of: (alpha) => (x) => x.where(x.greater(alpha)) },
  LeakyRelu: { alpha: 0.01, of: (alpha) => (x) => x.op('LeakyRelu', [x], { alpha: float(alpha) }) },
  Elu: { alpha: 1, of: (alpha) => (x) => x.op('Elu', [x], { alpha: float(alpha) }) },
  HardSigmoid: {
    alpha: 0.2,
    beta: 0.5,
    of: (alpha, beta) => (x) => x.op('HardSigmoid', [x], { alpha: float(alpha), beta: float(beta) }),
  },
};

/**
 * The activations of one direction, `defaults` where the node names none. Each takes the next ones of activation_alpha and
 * activation_beta that it has a use for, in the order of all activations of all directions.
 */
export function activationsOf(site: Site, direction: number, defaults: readonly string[]): Unary[] {
  const names = readStrings(site.node, 'activations') ?? [...defaults, ...defaults];
  const [alphas, betas] = ['activation_alpha', 'activation_beta'].map((name) => readFloats(site.node, name) ?? []);
  const all = names.map((name) => {
    const activation = activations[name];
    if (activation === undefined) throw site.unsupported(`its activation ${name} has no rule`);
    const [alpha, beta] = [taken(activation.alpha, alphas), taken(activation.beta, betas)];
    if (activation.needed && (alpha === undefined || beta === undefined))
      throw site.unsupported(`its activation ${name} lacks activation_alpha or activation_beta`);
    return activation.of(alpha ?? activation.alpha ?? 0, beta ?? activation.beta ?? 0);
  });
  return all.slice(direction * defaults.length, (direction + 1) * defaults.length);
}

/** The next number that the node gives for one that the activation has; it has none where there is no `otherwise`. */
function taken(otherwise: number | undefined, given: number[] | undefined): number | undefined {
  return otherwise === undefined ? 0 : given?.shift();
}
