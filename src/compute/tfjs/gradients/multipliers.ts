import type { Tensor } from '@tensorflow/tfjs';
import { names } from '../names.ts';
import type { Runtime } from '../runtime/library.ts';

/** Operators, and kernels, that compute each element from one element of their first operand. */
export const elementwise = names(
  'Relu Relu6 LeakyRelu Prelu Elu Selu Sigmoid Tanh Softplus ClipByValue Log Log1p Exp Sqrt Square Abs Reciprocal',
);
/** The library computes some of these by two others, of which only one operand depends on features. */
const kernels = [...elementwise, 'Minimum', 'Maximum'];

/** A difference from the baseline that is smaller has the derivative as its multiplier, as in Captum. */
const smallest = 1e-6;

let isRescaling = false;

/** What is differentiated meanwhile gets multipliers of DeepLIFT's rescale rule in place of derivatives (Shrikumar et al. 2017). */
export function withMultipliers<Result>(differentiate: () => Result): Result {
  isRescaling = true;
  try {
    return differentiate();
  } finally {
    isRescaling = false;
  }
}

/** Has to follow whatever else replaces gradients of the library. */
export function registerMultipliers(tf: Runtime): void {
  for (const kernelName of kernels) {
    const config = tf.getGradient(kernelName);
    const names = config?.inputsToSave;
    if (config === undefined || names === undefined) throw new Error(`${kernelName} saves none of its inputs`);
    tf.registerGradient({
      ...config,
      gradFunc: (dy, saved, attributes) => {
        const derivatives = config.gradFunc(dy, saved, attributes);
        if (!isRescaling) return derivatives;
        const inputs = Object.fromEntries(names.map((name, at) => [name, saved[at] as Tensor]));
        const y = tf.engine().runKernel(kernelName, inputs, attributes) as Tensor;
        const own = names.filter((name) => tf.util.arraysEqual(inputs[name]?.shape ?? [], y.shape));
        const multipliers = own.map((name) => {
          const derivative = derivatives[name] as () => Tensor;
          return [name, () => rescaled(tf, inputs[name] as Tensor, y, dy as Tensor, derivative)] as const;
        });
        return { ...derivatives, ...Object.fromEntries(multipliers) };
      },
    });
  }
}

/** dy · Δy / Δx, and the derivative's where Δx is next to nothing. Axis 0: rows at their baselines, and behind them the rows. */
function rescaled(tf: Runtime, x: Tensor, y: Tensor, dy: Tensor, derivative: () => Tensor): Tensor {
  const [dx, change] = [x, y].map((value) => {
    const [baseline, row] = tf.split(tf.reshape(value, [2, -1]), 2) as [Tensor, Tensor];
    return tf.sub(row, baseline);
  }) as [Tensor, Tensor];
  const isSmall = tf.less(tf.abs(dx), smallest);
  const ratio = tf.div(change, tf.where(isSmall, tf.onesLike(dx), dx));
  const both = (value: Tensor): Tensor => tf.reshape(tf.concat([value, value]), x.shape);
  return tf.where(both(isSmall), derivative(), tf.mul(dy, both(ratio)));
}
