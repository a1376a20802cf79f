import { modelRejected } from '../../../errors.ts';
import { modelLimits } from '../../../limits.ts';
import type { Runtime } from '../runtime/library.ts';
import { withoutArguments } from './arguments.ts';
import { checkCalls, containers, type Fields } from './calls-check.ts';

/** Keras' description of a model, ready to be built. */
export interface Topology {
  /** `class_name` and `config`. */
  readonly model: Fields;
  /** Activations that were part of a layer, by the layer's path. */
  readonly activations: ReadonlyMap<string, string>;
}

/** Layers that end in an activation of their own: what they compute before it is a tensor that people ask for. */
const activated = new Set(
  'Dense Conv1D Conv2D Conv3D Conv2DTranspose Conv3DTranspose DepthwiseConv2D SeparableConv2D'.split(' '),
);

/** Names that Keras has for the same function. */
const synonyms: Readonly<Record<string, string>> = {
  silu: 'swish',
  hard_sigmoid: 'hardSigmoid',
  log_softmax: 'logSoftmax',
};
const deepest = 64;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= 1000;

/**
 * Checks an untrusted description of layers. What only training needs is taken out, and activations are parted from their layers.
 * Throws MODEL_REJECTED, naming the layer.
 */
export function readTopology(tf: Runtime, written: Fields): Topology {
  const activations = new Map<string, string>();
  const root = isObject(written.model_config) ? written.model_config : written;
  const reader = new Reader(tf, activations);
  return { model: reader.container(root, '', 'model', 0), activations };
}

class Reader {
  readonly #classes: object;
  readonly #activations: Map<string, string>;
  #count = 0;

  constructor(tf: Runtime, activations: Map<string, string>) {
    this.#classes = tf.serialization.SerializationMap.getMap().classNameMap;
    this.#activations = activations;
  }

  /** A model, or one that is a layer of another; `path` is what its layers' names begin with. */
  container(written: Fields, path: string, name: string, depth: number): Fields {
    const { class_name: className, config } = written;
    const list = Array.isArray(config) ? config : isObject(config) ? config.layers : undefined;
    if (!isText(className) || !containers.has(className) || !Array.isArray(list))
      throw modelRejected('The topology is no Sequential and no functional model of Keras. Convert the model again.');
    if (depth > modelLimits.subgraphDepth)
      throw modelRejected(`Models lie in models more than ${modelLimits.subgraphDepth} deep.`);
    const layers = list.map((layer) => this.#layer(layer, path, depth));
    checkCalls(className, layers, config as Fields);
    return {
      ...written,
      config: Array.isArray(config)
        ? { name, layers }
        : { ...(config as Fields), name: (config as Fields).name ?? name, layers },
    };
  }

  #layer(written: unknown, path: string, depth: number): Fields {
    if (!isObject(written) || !isText(written.class_name))
      throw modelRejected('A layer has no class. Convert the model again.');
    this.#count += 1;
    if (this.#count > modelLimits.nodeCount)
      throw modelRejected(`The model has more than ${modelLimits.nodeCount} layers.`);
    const config = isObject(written.config) ? written.config : {};
    const name = isText(written.name) ? written.name : config.name;
    if (!isText(name) || name.includes(':'))
      throw modelRejected(`A layer of the class ${written.class_name} has no name.`);
    const where = path + name;
    if (containers.has(written.class_name)) return this.container({ ...written, name }, `${where}/`, name, depth + 1);
    const clean = this.#stripped(withoutArguments({ ...written, name }), where, written.class_name, 0) as Fields;
    return { ...clean, name, config: this.#parted(clean.class_name as string, clean.config as Fields, where) };
  }

  /** A value of a layer's description without what only training needs. Custom code is refused. */
  #stripped(value: unknown, layer: string, of: string, depth: number): unknown {
    if (depth > deepest) throw modelRejected(`The layer “${layer}” is described more than ${deepest} levels deep.`);
    if (Array.isArray(value)) return value.map((entry) => this.#stripped(entry, layer, of, depth + 1));
    if (!isObject(value)) return value;
    if (value.class_name !== undefined && !this.#isKnown(value.class_name))
      throw modelRejected(
        `The layer “${layer}” is made of ${String(value.class_name).slice(0, 100)}, which TensorFlow.js does not have: code of one’s own cannot be read from a file. Export the model as a graph model or as ONNX.`,
        { layer, className: value.class_name },
      );
    if (value.stateful === true)
      throw modelRejected(`The layer “${layer}” keeps a state between batches. Export the model with stateful=False.`);
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => {
        if (key.endsWith('_initializer')) return [key, { class_name: 'Zeros', config: {} }];
        if (/_(regularizer|constraint)$/.test(key)) return [key, null];
        // The library has no unrolled loops, and says so each time.
        if (key === 'unroll') return [key, false];
        return [key, this.#stripped(entry, layer, of, depth + 1)];
      }),
    );
  }

  #isKnown(className: unknown): boolean {
    return isText(className) && Object.hasOwn(this.#classes, className);
  }

  /** The layer without its activation, which is kept by `path`. */
  #parted(className: string, config: Fields, path: string): Fields {
    if (className === 'Activation') return { ...config, activation: this.#activation(config.activation, path) };
    const inner = config.layer;
    if (className === 'TimeDistributed' && isObject(inner) && isObject(inner.config))
      return { ...config, layer: { ...inner, config: this.#parted(String(inner.class_name), inner.config, path) } };
    if (!activated.has(className) || config.activation === undefined || config.activation === null) return config;
    const activation = this.#activation(config.activation, path);
    if (activation !== 'linear') this.#activations.set(path, activation);
    return { ...config, activation: 'linear' };
  }

  #activation(written: unknown, layer: string): string {
    const name = isText(written) ? (synonyms[written] ?? written) : 'a function';
    if (/^[a-z][A-Za-z0-9_]*$/.test(name) && this.#isKnown(name)) return name;
    throw modelRejected(
      `The layer “${layer}” has the activation ${name.slice(0, 100)}, which TensorFlow.js does not have. Export the model as a graph model or as ONNX.`,
      { layer },
    );
  }
}
