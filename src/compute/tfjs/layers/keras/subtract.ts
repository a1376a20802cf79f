import type { layers, Tensor } from '@tensorflow/tfjs';
import type { Runtime } from '../../runtime/library.ts';

type Layer = InstanceType<typeof layers.Layer>;
/** The library's Add, which computes what its classes of several inputs have in common. */
type Add = new (settings: object) => Layer & { mergeFunction(inputs: Tensor[]): Tensor };

/** Keras' Subtract, which TensorFlow.js does not have: the first of two inputs less the second. */
export function registerSubtract(tf: Runtime): void {
  const [add] = tf.serialization.SerializationMap.getMap().classNameMap.Add as unknown as [Add];
  class Subtract extends add {
    static readonly className = 'Subtract';

    override mergeFunction([a, b]: Tensor[]): Tensor {
      return tf.sub(a as Tensor, b as Tensor);
    }
  }
  tf.serialization.registerClass(Subtract as never);
}
