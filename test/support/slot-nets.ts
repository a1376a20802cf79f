import { Draw } from '../../src/analysis/attributions/random.ts';

/** What a net does with its inputs before it adds anything up; every tensor has its rows on the first axis, which `dims` leave out. */
export type Step =
  | { readonly op: 'reshape'; readonly from: string; readonly to: string; readonly dims: readonly number[] }
  | { readonly op: 'transpose'; readonly from: string; readonly to: string; readonly order: readonly number[] }
  | { readonly op: 'slice'; readonly from: string; readonly to: string; readonly at: Stretch }
  | { readonly op: 'concat'; readonly from: readonly string[]; readonly to: string; readonly axis: number }
  | { readonly op: 'whole'; readonly from: string; readonly to: string }
  | { readonly op: 'lookup'; readonly from: string; readonly to: string; readonly table: string };

/** Of an axis of rows. */
interface Stretch {
  readonly rank: number;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

export interface SlotFeature {
  readonly name: string;
  readonly kind: 'NUMERIC' | 'CATEGORICAL' | 'SEQUENCE' | 'EMBEDDING';
  readonly input: string;
  readonly index: number;
  readonly length: number;
  /** Whether its slots are ids. */
  readonly isIds: boolean;
}

/**
 * v = all numbers and all entries of ids, one after the other; hidden = v · weights, of two units; logit = h₀ + h₁², or h₀ + h₁ where the
 * net is `linear`. Entry i of a table is i times the first one, and entry 0 is zero: an id is as good as a number. Whole numbers throughout.
 */
export interface SlotNet {
  readonly inputs: readonly {
    readonly name: string;
    readonly dtype: 'float32' | 'ids';
    readonly dims: readonly number[];
  }[];
  readonly tables: Readonly<Record<string, readonly number[]>>;
  readonly steps: readonly Step[];
  readonly values: readonly { readonly name: string; readonly width: number }[];
  readonly weights: readonly (readonly [number, number])[];
  readonly linear: boolean;
  readonly features: readonly SlotFeature[];
}

/** Ids are below it. */
export const entryCount = 8;

/** Drawn from a seed. `asLayers`: of what Keras has layers for. */
export const drawnNet = (seed: number, asLayers = false): SlotNet => new Drawing(seed, asLayers).net();

const size = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);

class Drawing {
  readonly #draw: Draw;
  readonly #asLayers: boolean;
  #drawn = 0;
  #tensors = 0;
  readonly #steps: Step[] = [];
  readonly #values: { readonly name: string; readonly width: number }[] = [];
  readonly #tables: Record<string, number[]> = {};
  readonly #features: SlotFeature[] = [];

  constructor(seed: number, asLayers: boolean) {
    this.#draw = new Draw(seed, 0, 0);
    this.#asLayers = asLayers;
  }

  net(): SlotNet {
    const inputs = Array.from({ length: this.#between(1, 2) }, (_, at) => this.#input(`x${at}`));
    const width = this.#values.reduce((sum, value) => sum + value.width, 0);
    const weights = Array.from({ length: width }, () => [this.#between(-3, 3), this.#between(-1, 1)] as const);
    const features = this.#features.map((feature, at) => ({ ...feature, name: `f${at}` }));
    return {
      inputs,
      tables: this.#tables,
      steps: this.#steps,
      values: this.#values,
      weights,
      linear: this.#asLayers,
      features,
    };
  }

  #between(low: number, high: number): number {
    return low + Math.floor(this.#draw.uniform(this.#drawn++) * (high - low + 1));
  }

  #isHeads = (): boolean => this.#between(0, 1) === 1;

  #name(): string {
    return `t${this.#tensors++}`;
  }

  #input(name: string): SlotNet['inputs'][number] {
    const dtype = this.#isHeads() ? 'float32' : 'ids';
    const dims = this.#dims();
    const width = size(dims);
    // Numbers and ids in one tensor of floats, as ranges of its slots.
    const isMixed = dtype === 'float32' && width > 1 && !this.#asLayers && this.#isHeads();
    const cut = isMixed ? this.#between(1, width - 1) : width;
    if (!isMixed) this.#piece(name, { dims, from: 0, to: width }, name, dtype === 'ids' || this.#isHeads());
    else {
      const flat = this.#step({ op: 'reshape', from: name, to: this.#name(), dims: [width] });
      for (const [from, to] of [
        [0, cut],
        [cut, width],
      ] as const) {
        const at = { rank: 1, axis: 0, start: from, end: to };
        const part = this.#step({ op: 'slice', from: flat, to: this.#name(), at });
        this.#piece(name, { dims: [to - from], from, to }, part, from === 0);
      }
    }
    return { name, dtype, dims };
  }

  /** Of up to three axes beside the batch, and one to eight slots. */
  #dims(): number[] {
    const dims = Array.from({ length: this.#between(this.#asLayers ? 1 : 0, 3) }, () => this.#between(1, 4));
    while (size(dims) > 8) dims[dims.indexOf(Math.max(...dims))] = 1;
    return dims;
  }

  #piece(
    input: string,
    { dims, from, to }: { dims: readonly number[]; from: number; to: number },
    tensor: string,
    isIds: boolean,
  ): void {
    this.#fill(input, from, to, isIds);
    const moved = this.#moved(tensor, dims);
    if (!isIds) {
      this.#values.push({ name: moved, width: to - from });
      return;
    }
    const ids = this.#asLayers ? moved : this.#step({ op: 'whole', from: moved, to: this.#name() });
    // Often a wide table beside a deep one.
    for (let count = this.#between(1, 2); count > 0; count--) {
      const table = `table${Object.keys(this.#tables).length}`;
      const first = Array.from({ length: this.#between(1, 3) }, () => this.#between(1, 2));
      this.#tables[table] = first;
      const name = this.#step({ op: 'lookup', from: ids, to: this.#name(), table });
      this.#values.push({ name, width: (to - from) * first.length });
    }
  }

  /** Features side by side, one slot or some. */
  #fill(input: string, from: number, to: number, isIds: boolean): void {
    for (let index = from; index < to; ) {
      const length = this.#isHeads() ? 1 : this.#between(1, to - index);
      const isList = length > 1 || this.#between(0, 3) === 0;
      const kind = isIds ? (isList ? 'SEQUENCE' : 'CATEGORICAL') : isList ? 'EMBEDDING' : 'NUMERIC';
      this.#features.push({ name: '', kind, input, index, length, isIds });
      index += length;
    }
  }

  #step(step: Step): string {
    this.#steps.push(step);
    return step.to;
  }

  /** Turned, reshaped and cut: the same elements elsewhere. */
  #moved(tensor: string, from: readonly number[]): string {
    let [name, dims] = [tensor, [...from]];
    for (let count = this.#between(0, 3); count > 0; count--) {
      const what = this.#between(0, this.#asLayers ? 1 : 2);
      if (what === 0) {
        dims = this.#factors(size(dims));
        name = this.#step({ op: 'reshape', from: name, to: this.#name(), dims });
      } else if (what === 1) {
        const order = [...new Draw(this.#between(0, 1000), 0, 0).order(dims.length)];
        dims = order.map((axis) => dims[axis] as number);
        name = this.#step({ op: 'transpose', from: name, to: this.#name(), order });
      } else name = this.#swapped(name, dims);
    }
    return name;
  }

  #factors(count: number): number[] {
    const first = this.#divisor(count);
    const second = this.#divisor(count / first);
    return [first, second, count / first / second].slice(0, 3);
  }

  #divisor(count: number): number {
    const divisors = Array.from({ length: count }, (_, at) => at + 1).filter((one) => count % one === 0);
    return divisors[this.#between(0, divisors.length - 1)] as number;
  }

  /** Of an axis, what is behind a cut before what is in front of it. */
  #swapped(tensor: string, dims: readonly number[]): string {
    const axis = dims.findIndex((dim) => dim > 1);
    if (axis < 0) return tensor;
    const [length, rank] = [dims[axis] as number, dims.length];
    const cut = this.#between(1, length - 1);
    const part = (start: number, end: number): string =>
      this.#step({ op: 'slice', from: tensor, to: this.#name(), at: { rank, axis, start, end } });
    const parts = [part(cut, length), part(0, cut)];
    return this.#step({ op: 'concat', from: parts, to: this.#name(), axis });
  }
}
