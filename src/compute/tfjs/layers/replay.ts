import type { LayersModel, NamedTensorMap, Tensor } from '@tensorflow/tfjs';
import { nodeOf } from '../model-json.ts';
import type { Executable } from '../opened.ts';
import type { Runtime } from '../runtime/library.ts';
import type { Call, Calls } from './calls.ts';

/**
 * A layers model takes no inner tensor as a feed: its layers are called one by one instead, as `predict` calls them. A mask belongs
 * to what it was computed from, so a tensor that is fed keeps the mask of the one that it replaces.
 */
export class Replay implements Executable {
  readonly #tf: Runtime;
  readonly #model: LayersModel;
  readonly #calls: readonly Call[];
  readonly #byName: ReadonlyMap<string, Call>;
  readonly #differentiates = new Map<string, boolean>();

  constructor(tf: Runtime, model: LayersModel, { calls }: Calls) {
    this.#tf = tf;
    this.#model = model;
    this.#calls = calls;
    this.#byName = new Map(calls.map((call) => [call.name, call]));
  }

  execute(feeds: NamedTensorMap, names: string | string[]): Tensor | Tensor[] {
    const wanted = [names].flat();
    const values = new Map(Object.entries(feeds));
    const masks = new Map<string, Tensor | null>();
    const needed = this.#needed(wanted, feeds);
    for (const call of this.#calls) {
      if (!needed.has(call.name)) continue;
      const inputs = call.inputs.map((name) => values.get(name) as Tensor);
      const inputMasks = call.inputs.map((name) => masks.get(nodeOf(name)) ?? null);
      if (outputsOf(call).some((name) => !values.has(name)))
        for (const [at, output] of this.#applied(call, inputs, inputMasks).entries()) {
          const name = outputsOf(call)[at] as string;
          if (!values.has(name)) values.set(name, output);
        }
      if (call.isMasked) masks.set(call.name, maskOf(call, inputs, inputMasks));
    }
    const results = wanted.map((name) => values.get(name) as Tensor);
    return Array.isArray(names) ? results : (results[0] as Tensor);
  }

  /** Tried on zeros: a tape notices what has no gradient, or no kernel for it, only when it runs. */
  differentiates(name: string): boolean {
    const known = this.#differentiates.get(name);
    if (known !== undefined) return known;
    const call = this.#byName.get(name);
    const differentiates = call === undefined || this.#isDifferentiated(call);
    this.#differentiates.set(name, differentiates);
    return differentiates;
  }

  dispose(): void {
    disposeModel(this.#model);
  }

  /** Calls that have to be made; those whose output is fed, only for their mask. */
  #needed(wanted: readonly string[], feeds: NamedTensorMap): ReadonlySet<string> {
    const needed = new Set<string>();
    const add = (name: string): void => {
      const call = this.#byName.get(nodeOf(name));
      if (call !== undefined && (feeds[name] === undefined || call.isMasked)) needed.add(call.name);
    };
    for (const name of wanted) add(name);
    for (const name of needed) for (const input of this.#byName.get(name)?.inputs ?? []) add(input);
    return needed;
  }

  /** The library hands on the first mask alone, its own layers expect no more. */
  #applied({ layer }: Call, inputs: Tensor[], masks: readonly (Tensor | null)[]): Tensor[] {
    const [mask = null] = masks;
    const kwargs = { training: false, masks, ...(mask !== null && { mask }) };
    return [layer.apply(inputs.length === 1 ? (inputs[0] as Tensor) : inputs, kwargs)].flat() as Tensor[];
  }

  #isDifferentiated(call: Call): boolean {
    const tf = this.#tf;
    try {
      tf.tidy(() => {
        const inputs = call.reads.map(({ shape, dtype }) =>
          tf.zeros(
            shape.map((dim) => dim ?? 2),
            dtype as 'float32',
          ),
        );
        const floats = inputs.filter(({ dtype }) => dtype === 'float32');
        const target = () => tf.addN(this.#applied(call, inputs, []).map((output) => tf.sum(output)));
        tf.engine().gradients(target as () => Tensor, floats, undefined, true);
      });
      return true;
    } catch {
      return false;
    }
  }
}

/** The library's own counts the calls of a layer, and keeps the weights of one that is called twice. */
export function disposeModel(model: LayersModel): void {
  for (const weight of new Set(model.weights)) weight.dispose();
}

const outputsOf = ({ name, outputCount }: Call): string[] =>
  Array.from({ length: outputCount }, (_, at) => (at === 0 ? name : `${name}:${at}`));

function maskOf({ layer }: Call, inputs: Tensor[], masks: (Tensor | null)[]): Tensor | null {
  const isOne = inputs.length === 1;
  const mask = layer.computeMask(isOne ? (inputs[0] as Tensor) : inputs, (isOne ? masks[0] : masks) as Tensor);
  return [mask].flat()[0] ?? null;
}
