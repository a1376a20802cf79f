import type { LayersModel } from '@tensorflow/tfjs';
import { GlassgraphError, modelRejected } from '../../../errors.ts';
import { elementCount } from '../../tensor.ts';
import type { LayersJson } from '../model-json.ts';
import type { Runtime } from '../runtime/library.ts';
import type { Topology } from './topology.ts';

/** A model of the library with its weights. Throws MODEL_REJECTED. */
export async function builtModel(
  tf: Runtime,
  { model }: Topology,
  { weightsManifest }: LayersJson,
  bytes: Uint8Array,
): Promise<LayersModel> {
  const specs = weightsManifest.flatMap((group) => group.weights);
  const before = new Set(Object.keys(tf.engine().registeredVariables));
  try {
    const total = specs.reduce((sum, { shape }) => sum + elementCount(shape), 0);
    const built = await withoutMoreVariables(tf, total, () => {
      let building: Promise<LayersModel> | undefined;
      // What some layers compute their first weights from is left behind.
      tf.tidy(() => {
        building = tf.models.modelFromJSON(model as never);
      });
      return building as unknown as Promise<LayersModel>;
    });
    const values = tf.io.decodeWeights(Uint8Array.from(bytes).buffer, specs as never);
    try {
      const own = specs.filter(({ group }) => group !== 'optimizer').map(({ name }) => name);
      built.loadWeights(Object.fromEntries(own.map((name) => [name, values[name] as never])));
    } finally {
      tf.dispose(values);
    }
    return built;
  } catch (error) {
    for (const [name, variable] of Object.entries(tf.engine().registeredVariables))
      if (!before.has(name)) variable.dispose();
    if (error instanceof GlassgraphError) throw error;
    throw modelRejected(`TensorFlow.js refuses the model: ${(error as Error).message.slice(0, 300)}`);
  }
}

/**
 * The library makes every variable as large as the description says before it compares them with the weights. Together they are not
 * larger than the weights that are there.
 */
function withoutMoreVariables<Result>(tf: Runtime, most: number, build: () => Result): Result {
  type AddWeight = (this: unknown, name: string, shape: readonly number[], ...rest: unknown[]) => unknown;
  const prototype = tf.layers.Layer.prototype as unknown as { addWeight: AddWeight };
  const { addWeight } = prototype;
  let left = most;
  prototype.addWeight = function (name, shape, ...rest) {
    left -= elementCount(shape);
    if (!(left >= 0)) throw modelRejected(`The layers want more weights than the ${most} that model.json lists.`);
    return addWeight.call(this, name, shape, ...rest);
  };
  try {
    // Everything is built before the first await.
    return build();
  } finally {
    prototype.addWeight = addWeight;
  }
}
