import {
  add,
  concat,
  type Expression,
  mul,
  type Program,
  reshape,
  scalar,
  slice,
  sub,
  tensor,
} from '../../compute/program.ts';
import type { TensorSpec } from '../../compute/tensor.ts';
import type { Carrier } from '../../data/manifest/carriers.ts';
import { isBag } from '../../data/manifest/manifest.ts';
import { badUserInput } from '../../errors.ts';
import { attributionLimits } from '../../limits.ts';
import type { Subject } from '../analysis.ts';
import { offsetsOfCopies } from './bags.ts';
import { rowDimsOf, specOf } from './dims.ts';
import { atElements, type ByFeature, forAll, isWhollyMoved } from './positions.ts';

/** Where the copies of a batch have their carriers, by the name of the carriers' tensor. */
export interface Moves {
  readonly count: number;
  /** Of every row of every copy, [count · rows, …]: how far its carriers are on the way from the baseline, 0, to the row, 1. */
  readonly positions?: ByFeature;
  /** [1, …] or [count · rows, …]; zero when undefined. */
  readonly baseline?: ((name: string) => Expression) | undefined;
  /** [count · rows, …], added to the carriers of the row. */
  readonly noise?: ((name: string) => Expression) | undefined;
}

/**
 * A batch run as several copies at once, each with its carriers somewhere else. Copies lie one after the other along the axis of
 * the rows, [copies · rows, …], so that a step of an integral or a sample is no run of its own. Ids, padding and whatever no feature
 * carries stay as they are.
 */
export class Copies {
  readonly subject: Subject;
  readonly carriers: readonly (readonly Carrier[])[];
  readonly #moves: Moves;

  constructor(subject: Subject, carriers: readonly (readonly Carrier[])[], moves: Moves) {
    this.subject = subject;
    this.carriers = carriers;
    this.#moves = moves;
  }

  get count(): number {
    return this.#moves.count;
  }

  /** What a program of copies needs beside its outputs. */
  program(): Pick<Program, 'overrides' | 'rowsAtOnce'> {
    const overrides: Record<string, Expression> = {};
    for (const { name } of this.subject.graph.inputs) overrides[name] = repeated(tensor(name), this.count);
    for (const bag of this.subject.features.filter(isBag))
      overrides[bag.offsetsInput] = offsetsOfCopies(bag, this.count);
    const inputs = new Map(Object.entries(overrides));
    for (const name of tensorsOf(this.carriers)) overrides[name] = this.#moved(name, inputs.get(name));
    const widths = Object.keys(overrides).map((name) => widthOf(specOf(this.subject, name).shape));
    return { overrides, rowsAtOnce: rowsAtOnce(this.count, widths) };
  }

  /** Of a value of all copies, that of one, [rows, …dims]. */
  one(value: Expression, at: number, dims: readonly number[] = []): Expression {
    return reshape(slice(this.each(value), 0, at, at + 1), [-1, ...dims]);
  }

  /** A value of all copies, [copies, …]. */
  each(value: Expression): Expression {
    return reshape(value, [this.count, -1]);
  }

  /** A tensor of the model, in one of the copies. */
  tensorOf(name: string, at: number): Expression {
    return this.one(tensor(name), at, rowDimsOf(this.subject, name));
  }

  /** `input`: of all copies, when the carrier is an input itself, whose name stands for one copy within its own override. */
  #moved(name: string, input: Expression | undefined): Expression {
    const { positions, baseline, noise } = this.#moves;
    const at = (values: ByFeature, elsewhere: 0 | 1): Expression =>
      atElements({ ...values, copies: this.count }, elsewhere, name, this.subject, this.carriers, (ids) =>
        ids === name && input !== undefined ? input : tensor(ids),
      );
    const original = input ?? tensor(name);
    const noisy = noise === undefined ? original : add(original, this.#onCarriers(noise(name), name, at));
    if (positions === undefined) return noisy;
    const position = at(positions, 1);
    const moved = mul(noisy, position);
    return baseline === undefined ? moved : add(moved, mul(sub(scalar(1), position), baseline(name)));
  }

  #onCarriers(noise: Expression, name: string, at: (values: ByFeature, elsewhere: 0 | 1) => Expression): Expression {
    if (isWhollyMoved(name, this.subject, this.carriers)) return noise;
    const ones = add(mul(slice(reshape(noise, [0, -1]), 1, 0, 1), scalar(0)), scalar(1));
    return mul(noise, at(forAll(ones), 0));
  }
}

export const tensorsOf = (carriers: readonly (readonly Carrier[])[]): ReadonlySet<string> =>
  new Set(carriers.flat().map((carrier) => carrier.tensor));

/**
 * Rows of a batch of which so many copies are as much work as batches usually are. `widths`: elements of a row of what is copied.
 * Throws BAD_USER_INPUT where the copies of a single row are too many for memory.
 */
export function rowsAtOnce(count: number, widths: readonly number[]): number {
  const elements = count * widths.reduce((sum, width) => sum + width, 0);
  if (elements > attributionLimits.copiedElements)
    throw badUserInput(
      'options',
      `This method runs ${count.toLocaleString('en')} copies of a row of this model at once, which hold ${elements.toLocaleString('en')} numbers; the most is ${attributionLimits.copiedElements.toLocaleString('en')}. Ask for fewer samples or steps, or for SALIENCY.`,
    );
  return Math.max(1, Math.floor(4096 / count));
}

/** Elements of a row, as far as they are known. */
const widthOf = ([, ...dims]: TensorSpec['shape']): number =>
  dims.reduce<number>((product, dim) => product * (dim ?? 1), 1);

export const repeated = (value: Expression, count: number): Expression =>
  concat(new Array<Expression>(count).fill(value), 0);
