import type { GraphModel } from '@tensorflow/tfjs';
import { modelRejected } from '../../errors.ts';
import type { GraphJson } from './model-json.ts';
import type { Runtime } from './runtime/library.ts';

/** A model of the library. Without its signature: tensors are called by the names of their nodes. Throws MODEL_REJECTED. */
export function loadModel(tf: Runtime, { modelTopology, weightsManifest }: GraphJson, weights: Uint8Array): GraphModel {
  try {
    return tf.loadGraphModelSync({
      format: 'graph-model',
      modelTopology: { versions: {}, ...modelTopology },
      weightSpecs: weightsManifest.flatMap((group) => group.weights) as never,
      weightData: Uint8Array.from(weights).buffer,
    }) as unknown as GraphModel;
  } catch (error) {
    throw modelRejected(`TensorFlow.js refuses the model: ${(error as Error).message.slice(0, 300)}`);
  }
}
