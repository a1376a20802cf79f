import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs';
import { modelRejected } from '../../../errors.ts';
import type { Runtime } from '../runtime/library.ts';

export type Layer = SymbolicTensor['sourceLayer'];

/** One layer on one set of inputs: what a node is to a graph. Tensors are names; that of a call is that of its first output. */
export interface Call {
  readonly name: string;
  /** The layer's class, or the function of an activation. */
  readonly op: string;
  readonly layer: Layer;
  readonly inputs: readonly string[];
  /** As the library knows them: type and shape, the first dimension is that of the rows. */
  readonly reads: readonly SymbolicTensor[];
  readonly outputCount: number;
  /** Its output has a mask: positions that later layers leave out. */
  readonly isMasked: boolean;
}

export interface Calls {
  readonly inputs: readonly { readonly name: string; readonly tensor: SymbolicTensor }[];
  readonly outputs: readonly string[];
  /** In topological order. */
  readonly calls: readonly Call[];
}

/** A model's layers and its nested models', each call by itself; an activation that a layer ended in is a call of its own. */
export function callsOf(tf: Runtime, model: LayersModel, activations: ReadonlyMap<string, string>): Calls {
  return new Flattening(tf, activations).flattened(model);
}

/** A model while its calls are being found. */
interface Scope {
  readonly path: string;
  readonly names: Map<SymbolicTensor, string>;
}

class Flattening {
  readonly #tf: Runtime;
  readonly #activations: ReadonlyMap<string, string>;
  readonly #calls: Call[] = [];
  readonly #masked = new Set<string>();
  readonly #taken = new Set<string>();

  constructor(tf: Runtime, activations: ReadonlyMap<string, string>) {
    this.#tf = tf;
    this.#activations = activations;
  }

  flattened(model: LayersModel): Calls {
    const inputs = model.inputs.map((tensor) => ({ name: this.#unique(tensor.sourceLayer.name), tensor }));
    const scope: Scope = { path: '', names: new Map(inputs.map(({ name, tensor }) => [tensor, name])) };
    const outputs = model.outputs.map((output) => this.#visit(output, scope));
    return { inputs, outputs, calls: this.#calls };
  }

  /** The name of a tensor, after what makes it. */
  #visit(symbolic: SymbolicTensor, scope: Scope): string {
    const known = scope.names.get(symbolic);
    if (known !== undefined) return known;
    const { sourceLayer: layer, nodeIndex } = symbolic;
    const node = layer.inboundNodes[nodeIndex];
    if (node === undefined || node.inputTensors.length === 0 || node.inputTensors.includes(symbolic))
      throw modelRejected(`“${layer.name}” is no input of the model and reads none. Convert the model again.`);
    const inputs = node.inputTensors.map((input) => this.#visit(input, scope));
    const outputs =
      layer instanceof this.#tf.LayersModel
        ? this.#inlined(layer, inputs, scope)
        : this.#called(layer, inputs, node.inputTensors, node.outputTensors, scope.path + layer.name);
    for (const [at, output] of node.outputTensors.entries()) scope.names.set(output, outputs[at] as string);
    return scope.names.get(symbolic) as string;
  }

  #inlined(model: LayersModel, inputs: readonly string[], { path }: Scope): string[] {
    const names = new Map(model.inputs.map((input, at) => [input, inputs[at] as string]));
    return model.outputs.map((output) => this.#visit(output, { path: `${path}${model.name}/`, names }));
  }

  #called(layer: Layer, inputs: string[], reads: SymbolicTensor[], made: SymbolicTensor[], path: string): string[] {
    const activation = this.#activations.get(path);
    const name = this.#unique(path);
    const add = (own: string, op: string, by: Layer, from: readonly string[], of: readonly SymbolicTensor[]): void => {
      const isMasked = makesMasks(by) || (by.supportsMasking && from.some((input) => this.#masked.has(input)));
      if (isMasked) this.#masked.add(own);
      this.#calls.push({ name: own, op, layer: by, inputs: from, reads: of, outputCount: made.length, isMasked });
    };
    if (activation === undefined) add(name, operatorOf(layer), layer, inputs, reads);
    else {
      const before = this.#unique(`${name}/linear`);
      add(before, operatorOf(layer), layer, inputs, reads);
      add(
        name,
        operatorNamed(activation),
        this.#tf.layers.activation({ activation: activation as never }),
        [before],
        made,
      );
    }
    return made.map((_, at) => (at === 0 ? name : `${name}:${at}`));
  }

  /** Shared layers are called more than once. */
  #unique(name: string): string {
    let unique = name;
    for (let call = 2; this.#taken.has(unique); call++) unique = `${name}#${call}`;
    this.#taken.add(unique);
    return unique;
  }
}

const makesMasks = (layer: Layer): boolean =>
  layer.getClassName() === 'Masking' || (layer.getClassName() === 'Embedding' && layer.getConfig().maskZero === true);

function operatorOf(layer: Layer): string {
  const className = layer.getClassName();
  if (className === 'TimeDistributed') return operatorOf((layer as Layer & { readonly layer: Layer }).layer);
  return className === 'Activation' ? operatorNamed(String(layer.getConfig().activation)) : className;
}

/** TensorFlow's operator of an activation, e.g. Relu. */
const operatorNamed = (activation: string): string =>
  activation === 'swish' ? 'Silu' : activation.charAt(0).toUpperCase() + activation.slice(1).replace('_new', '');
