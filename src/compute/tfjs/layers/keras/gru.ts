import type { LayerVariable, layers, Tensor } from '@tensorflow/tfjs';
import type { Runtime } from '../../runtime/library.ts';
import type { Shape } from './shared.ts';

type Layer = InstanceType<typeof layers.Layer>;

/** The library's cell, as far as it is used here. */
interface Cell extends Pick<Layer, 'built'> {
  readonly units: number;
  readonly useBias: boolean;
  readonly activation: { apply(x: Tensor): Tensor };
  readonly recurrentActivation: { apply(x: Tensor): Tensor };
  kernel: LayerVariable;
  recurrentKernel: LayerVariable;
  bias: LayerVariable | null;
  addWeight(name: string, shape: number[], dtype: 'float32', initializer: unknown): LayerVariable;
  build(shape: Shape | Shape[]): void;
  call(inputs: Tensor | Tensor[], settings: unknown): Tensor | Tensor[];
  getConfig(): Settings;
}
interface Settings {
  readonly resetAfter?: boolean;
}
type ClassOf<Instance> = new (settings: Settings) => Instance;

/**
 * Keras' GRU resets the state after the product with it, unless it is told otherwise, and then has a second bias (as cuDNN does).
 * TensorFlow.js refuses that: these classes take the places of its own, whose other half they keep.
 */
export function registerGru(tf: Runtime): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const own = <Instance>(name: string) => (classNameMap[name] as unknown as [ClassOf<Instance>])[0];
  const OwnCell = own<Cell>('GRUCell');
  const OwnGru = own<{ cell: Cell; getConfig(): Settings }>('GRU');

  class GRUCell extends OwnCell {
    static readonly className = 'GRUCell';
    readonly #resetsAfter: boolean;

    constructor(settings: Settings) {
      super({ ...settings, resetAfter: false });
      this.#resetsAfter = settings.resetAfter === true;
    }

    override build(shape: Shape | Shape[]): void {
      if (!this.#resetsAfter) {
        super.build(shape);
        return;
      }
      const zeros = tf.initializers.zeros();
      const add = (name: string, dims: number[]) => this.addWeight(name, dims, 'float32', zeros);
      const width = ([shape].flat(2).at(-1) ?? 0) as number;
      this.kernel = add('kernel', [width, 3 * this.units]);
      this.recurrentKernel = add('recurrent_kernel', [this.units, 3 * this.units]);
      this.bias = this.useBias ? add('bias', [2, 3 * this.units]) : null;
      this.built = true;
    }

    override call(inputs: Tensor | Tensor[], settings: unknown): Tensor | Tensor[] {
      if (!this.#resetsAfter) return super.call(inputs, settings);
      return tf.tidy(() => {
        const [x, before] = inputs as [Tensor, Tensor];
        const biases = this.bias === null ? [] : tf.unstack(this.bias.read());
        const [ofInput, ofState] = [
          [x, this.kernel],
          [before, this.recurrentKernel],
        ].map(([value, kernel], at) => {
          const product = tf.matMul(value as Tensor, (kernel as LayerVariable).read());
          return tf.split(biases[at] === undefined ? product : tf.add(product, biases[at]), 3, -1);
        }) as [Tensor[], Tensor[]];
        const [z, r] = [0, 1].map((gate) =>
          this.recurrentActivation.apply(tf.add(ofInput[gate] as Tensor, ofState[gate] as Tensor)),
        ) as [Tensor, Tensor];
        const candidate = this.activation.apply(tf.add(ofInput[2] as Tensor, tf.mul(r, ofState[2] as Tensor)));
        const state = tf.add(tf.mul(z, before), tf.mul(tf.sub(1, z), candidate));
        return [state, state];
      });
    }

    override getConfig(): Settings {
      return { ...super.getConfig(), resetAfter: this.#resetsAfter };
    }
  }

  class GRU extends OwnGru {
    static readonly className = 'GRU';

    constructor(settings: Settings) {
      super({ ...settings, resetAfter: false });
      this.cell = new GRUCell(settings);
    }

    override getConfig(): Settings {
      return { ...super.getConfig(), resetAfter: this.cell.getConfig().resetAfter === true };
    }
  }

  for (const layer of [GRUCell, GRU]) tf.serialization.registerClass(layer as never);
}
