import type { LayerVariable, Tensor } from '@tensorflow/tfjs';
import { modelRejected } from '../../../../errors.ts';
import type { Runtime } from '../../runtime/library.ts';
import { type Arguments, type Config, hiddenScores, lastOf, type Shape } from './shared.ts';

interface Settings extends Config {
  readonly numHeads: number;
  readonly keyDim: number;
  readonly valueDim?: number;
  readonly useBias?: boolean;
  readonly outputShape?: number | readonly number[] | null;
  readonly attentionAxes?: readonly number[] | null;
  readonly causal?: boolean;
}

/** A product with a kernel and, perhaps, a bias. */
type Projection = readonly [kernel: LayerVariable, bias: LayerVariable | undefined];

/** The values of a projection. */
type Weights = readonly [kernel: Tensor, bias: Tensor | undefined];

/**
 * Keras' MultiHeadAttention (Vaswani et al. 2017), which TensorFlow.js does not have: queries [rows, T, d], values [rows, S, e] and,
 * unless they are the values, keys. Masks of all three count, as in Keras 2.15. Attention over other axes than the second is refused.
 */
export function registerMultiHeadAttention(tf: Runtime): void {
  class MultiHeadAttention extends tf.layers.Layer {
    static readonly className = 'MultiHeadAttention';
    readonly #settings: Settings;
    readonly #projections = new Map<string, Projection>();

    constructor(settings: Settings) {
      super(settings as never);
      const { attentionAxes, outputShape } = settings;
      if ((attentionAxes ?? [1]).join() !== '1' || (Array.isArray(outputShape) && outputShape.length !== 1))
        throw modelRejected(
          `The layer “${settings.name}” attends over axes other than the second. Export the model as a graph model or as ONNX.`,
        );
      this.#settings = settings;
      this.supportsMasking = true;
    }

    override build(shapes: Shape | Shape[]): void {
      const [query, value, key = value] = shapes as [Shape, Shape, Shape?];
      const { numHeads: heads, keyDim, valueDim = keyDim } = this.#settings;
      this.#project('query', [lastOf(query), heads, keyDim], [heads, keyDim]);
      this.#project('key', [lastOf(key), heads, keyDim], [heads, keyDim]);
      this.#project('value', [lastOf(value), heads, valueDim], [heads, valueDim]);
      const width = this.#width(query);
      this.#project('attention_output', [heads, valueDim, width], [width]);
      this.built = true;
    }

    override call(inputs: Tensor | Tensor[], { masks = [] }: Arguments): Tensor {
      return tf.tidy(() => {
        const [query, value, key = value] = inputs as [Tensor, Tensor, Tensor?];
        const part = (name: string, input: Tensor): Tensor => split(tf, input, this.#read(name));
        const [q, k, v] = [part('query', query), part('key', key), part('value', value)];
        const scores = tf.matMul(tf.mul(q, 1 / Math.sqrt(this.#settings.keyDim)), k, false, true);
        const weights = tf.softmax(hiddenScores(tf, scores, maskOf(tf, masks), this.#settings.causal === true));
        return merged(tf, tf.transpose(tf.matMul(weights, v), [0, 2, 1, 3]), this.#read('attention_output'));
      });
    }

    override computeOutputShape(shapes: Shape | Shape[]): Shape {
      const [query] = shapes as [Shape];
      return [...query.slice(0, -1), this.#width(query)];
    }

    override getConfig() {
      return { ...super.getConfig(), ...this.#settings } as never;
    }

    #width(query: Shape): number {
      return [this.#settings.outputShape ?? []].flat()[0] ?? lastOf(query);
    }

    #project(name: string, kernel: number[], bias: number[]): void {
      const zeros = tf.initializers.zeros();
      const add = (part: string, shape: number[]) => this.addWeight(`${name}/${part}`, shape, 'float32', zeros);
      const hasBias = this.#settings.useBias !== false;
      this.#projections.set(name, [add('kernel', kernel), hasBias ? add('bias', bias) : undefined]);
    }

    #read(name: string): Weights {
      const [kernel, bias] = this.#projections.get(name) as Projection;
      return [kernel.read(), bias?.read()];
    }
  }
  tf.serialization.registerClass(MultiHeadAttention as never);
}

/** [rows, 1, T, S], 1 where masks of queries, values and keys let a pair be seen; null without masks. */
function maskOf(tf: Runtime, [ofQuery, ofValue, ofKey]: NonNullable<Arguments['masks']>): Tensor | null {
  const shown = [
    ofQuery && tf.expandDims(ofQuery, 2),
    ofValue && tf.expandDims(ofValue, 1),
    ofKey && tf.expandDims(ofKey, 1),
  ].flatMap((mask) => (mask ? [tf.cast(mask, 'float32')] : []));
  return shown.length === 0
    ? null
    : tf.expandDims(
        shown.reduce((all, one) => tf.mul(all, one)),
        1,
      );
}

/** [rows, T, d] to [rows, heads, T, size]. */
function split(tf: Runtime, input: Tensor, [kernel, bias]: Weights): Tensor {
  const [width, heads, size] = kernel.shape as [number, number, number];
  const [rows, length] = input.shape as [number, number];
  const flat = tf.matMul(tf.reshape(input, [-1, width]), tf.reshape(kernel, [width, heads * size]));
  const parted = tf.reshape(flat, [rows, length, heads, size]);
  return tf.transpose(bias === undefined ? parted : tf.add(parted, bias), [0, 2, 1, 3]);
}

/** [rows, T, heads, size] to [rows, T, width]. */
function merged(tf: Runtime, input: Tensor, [kernel, bias]: Weights): Tensor {
  const [heads, size, width] = kernel.shape as [number, number, number];
  const [rows, length] = input.shape as [number, number];
  const flat = tf.matMul(tf.reshape(input, [-1, heads * size]), tf.reshape(kernel, [heads * size, width]));
  const whole = tf.reshape(flat, [rows, length, width]);
  return bias === undefined ? whole : tf.add(whole, bias);
}
