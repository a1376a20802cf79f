import type { LayerVariable, Tensor } from '@tensorflow/tfjs';
import type { Runtime } from '../../runtime/library.ts';
import { type Arguments, type Config, hiddenScores, lastOf, type Shape } from './shared.ts';

/** Of both classes: queries [rows, T, d], values [rows, S, e] and, unless they are the values, keys [rows, S, d]. */
interface Settings extends Config {
  readonly useScale?: boolean;
  readonly scoreMode?: 'dot' | 'concat';
  readonly causal?: boolean;
}

type Weight = readonly [name: string, shape: number[]];

/** What both classes have in common. Positions of masked values get no weight, those of masked queries are zero, as in Keras 2.15. */
function denseAttention(tf: Runtime) {
  abstract class Dense extends tf.layers.Layer {
    readonly #settings: Settings;
    #weights: readonly LayerVariable[] = [];

    constructor(settings: Settings) {
      super(settings as never);
      this.#settings = settings;
      this.supportsMasking = true;
    }

    /** Names and shapes of the weights, for queries of so many numbers. */
    abstract weightsFor(settings: Settings, width: number): readonly Weight[];
    /** [rows, T, S] of queries and keys. */
    abstract scoresOf(settings: Settings, query: Tensor, key: Tensor, weights: readonly Tensor[]): Tensor;

    override build(shapes: Shape | Shape[]): void {
      const wanted = this.weightsFor(this.#settings, lastOf((shapes as Shape[])[0] as Shape));
      const ones = tf.initializers.ones();
      this.#weights = wanted.map(([name, shape]) => this.addWeight(name, shape, 'float32', ones));
      this.built = true;
    }

    override call(inputs: Tensor | Tensor[], { masks = [] }: Arguments): Tensor {
      return tf.tidy(() => {
        const [query, value, key = value] = inputs as [Tensor, Tensor, Tensor?];
        const scores = this.scoresOf(
          this.#settings,
          query,
          key as Tensor,
          this.#weights.map((weight) => weight.read()),
        );
        const hidden = masks[1] ? tf.expandDims(masks[1], 1) : null;
        const weights = tf.softmax(hiddenScores(tf, scores, hidden, this.#settings.causal === true));
        const result = tf.matMul(weights, value);
        return masks[0] ? tf.mul(result, tf.cast(tf.expandDims(masks[0], 2), 'float32')) : result;
      });
    }

    override computeOutputShape(shapes: Shape | Shape[]): Shape {
      const [query, value] = shapes as [Shape, Shape];
      return [...query.slice(0, -1), value.at(-1) ?? null];
    }

    override computeMask(_: Tensor | Tensor[], masks?: Tensor | Tensor[]): Tensor {
      return [masks].flat()[0] as Tensor;
    }

    override getConfig() {
      return { ...super.getConfig(), ...this.#settings } as never;
    }
  }
  return Dense;
}

/** Keras' Attention (Luong et al. 2015) and AdditiveAttention (Bahdanau et al. 2015), which TensorFlow.js does not have. */
export function registerAttention(tf: Runtime): void {
  const Dense = denseAttention(tf);

  class Attention extends Dense {
    static readonly className = 'Attention';

    weightsFor({ useScale, scoreMode }: Settings): Weight[] {
      const names = [...(useScale ? ['scale'] : []), ...(scoreMode === 'concat' ? ['concat_score_weight'] : [])];
      return names.map((name) => [name, []]);
    }

    scoresOf({ useScale, scoreMode }: Settings, query: Tensor, key: Tensor, weights: readonly Tensor[]): Tensor {
      const scale = useScale ? (weights[0] as Tensor) : tf.scalar(1);
      if (scoreMode !== 'concat') return tf.mul(tf.matMul(query, key, false, true), scale);
      const pairs = tf.add(tf.expandDims(query, 2), tf.expandDims(key, 1));
      return tf.mul(tf.sum(tf.tanh(tf.mul(pairs, scale)), -1), weights.at(-1) as Tensor);
    }
  }

  class AdditiveAttention extends Dense {
    static readonly className = 'AdditiveAttention';

    weightsFor({ useScale = true }: Settings, width: number): Weight[] {
      return useScale ? [['scale', [width]]] : [];
    }

    scoresOf(_: Settings, query: Tensor, key: Tensor, [scale]: readonly Tensor[]): Tensor {
      const pairs = tf.tanh(tf.add(tf.expandDims(query, 2), tf.expandDims(key, 1)));
      return tf.sum(scale === undefined ? pairs : tf.mul(pairs, scale), -1);
    }
  }

  for (const layer of [Attention, AdditiveAttention]) tf.serialization.registerClass(layer as never);
}
