import {
  add,
  concat,
  constant,
  type Expression,
  equal,
  mul,
  type Program,
  reshape,
  row,
  scalar,
  slice,
  tensor,
  where,
} from '../../compute/program.ts';
import { float32 } from '../../compute/tensor.ts';
import type { Carrier } from '../../data/carriers.ts';
import type { FeatureBinding } from '../../data/manifest.ts';
import type { Subject } from '../analysis.ts';

/**
 * A batch run as several copies at once, each with its carriers moved towards the zero baseline: in copy k a carrier is scale[k]
 * times itself. Copies lie one after the other along the axis of the rows, [copies · rows, …], so that a step of an integral is
 * no run of its own. Ids, padding and whatever no feature carries stay as they are.
 */
export class Copies {
  readonly #subject: Subject;
  readonly #carriers: readonly (readonly Carrier[])[];
  readonly #scales: readonly number[];

  constructor(subject: Subject, carriers: readonly (readonly Carrier[])[], scales: readonly number[]) {
    this.#subject = subject;
    this.#carriers = carriers;
    this.#scales = scales;
  }

  get count(): number {
    return this.#scales.length;
  }

  overrides(): NonNullable<Program['overrides']> {
    const { graph } = this.#subject;
    const overrides: Record<string, Expression> = {};
    for (const { name } of graph.inputs) overrides[name] = this.#repeated(tensor(name));
    for (const name of new Set(this.#carriers.flat().map((carrier) => carrier.tensor)))
      overrides[name] = this.#scaled(name, overrides[name] ?? tensor(name));
    return overrides;
  }

  /** Of a value of all copies, that of one, [rows, …dims]. */
  one(value: Expression, at: number, dims: readonly number[]): Expression {
    const copies = reshape(value, [this.count, -1]);
    return reshape(slice(copies, 0, at, at + 1), [-1, ...dims]);
  }

  #repeated(value: Expression): Expression {
    return concat(new Array<Expression>(this.count).fill(value), 0);
  }

  #scaled(name: string, value: Expression): Expression {
    const shape = this.#subject.graph.tensors.find((spec) => spec.name === name)?.shape ?? [];
    const ones = add(mul(row('labelled'), scalar(0)), scalar(1));
    const scales = constant(float32([this.count, 1], Float32Array.from(this.#scales)));
    const perRow = reshape(mul(scales, reshape(ones, [1, -1])), [-1, ...shape.slice(1).map(() => 1)]);
    return mul(value, this.#onlyCarried(name, shape.length, perRow));
  }

  /** The scale where a feature's elements lie, 1 elsewhere. */
  #onlyCarried(name: string, rank: number, scale: Expression): Expression {
    const { features } = this.#subject;
    const own = this.#carriers.flatMap((carriers, at) =>
      carriers
        .filter((carrier) => carrier.tensor === name)
        .map((carrier) => ({ carrier, feature: features[at] as FeatureBinding })),
    );
    const first = own[0];
    if (first === undefined || first.carrier.axis === null) return this.#butPadding(scale, rank, 1, first?.feature);
    const { axis } = first.carrier;
    const size = this.#subject.graph.tensors.find((spec) => spec.name === name)?.shape[axis] ?? 0;
    const one = add(mul(scale, scalar(0)), scalar(1));
    const parts: Expression[] = [];
    let next = 0;
    for (const { carrier, feature } of own.toSorted((a, b) => a.carrier.start - b.carrier.start)) {
      for (; next < carrier.start; next++) parts.push(one);
      if (carrier.start < next) continue;
      const filled = this.#butPadding(scale, rank, axis, feature);
      for (let position = 0; position < carrier.length; position++)
        parts.push(feature.kind === 'SEQUENCE' ? slice(filled, axis, position, position + 1) : filled);
      next += carrier.length;
    }
    for (; next < size; next++) parts.push(one);
    return concat(parts, axis);
  }

  /** Positions that hold a sequence's padding are never moved. */
  #butPadding(scale: Expression, rank: number, axis: number, feature: FeatureBinding | undefined): Expression {
    if (feature?.kind !== 'SEQUENCE') return scale;
    // Ids are no carriers: what is read here are the ids of all copies.
    const ids = slice(tensor(feature.input), 1, feature.index, feature.index + feature.length);
    const dims = Array.from({ length: rank }, (_, at) => (at === 0 ? -1 : at === axis ? feature.length : 1));
    const isPadding = reshape(equal(ids, paddingOf(feature, this.#subject)), dims);
    return where(isPadding, add(mul(scale, scalar(0)), scalar(1)), scale);
  }
}

/** A sequence's padding, of the type of its input. */
export function paddingOf(feature: FeatureBinding & { kind: 'SEQUENCE' }, { graph }: Subject): Expression {
  const dtype = graph.inputs.find(({ name }) => name === feature.input)?.dtype ?? 'int64';
  if (dtype.startsWith('float')) return scalar(feature.padding);
  return constant({ dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(feature.padding)) });
}
