import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { elementCount, type TensorSpec } from '../../tensor.ts';
import { givingOut } from '../outputs.ts';
import type { ModelProto } from '../proto/onnx_pb.js';
import { openSession, runtime, type SessionSettings } from '../runtime.ts';

/** Values of tensors, in row-major order. */
export type Numbers = ReadonlyMap<string, { readonly dims: readonly number[]; readonly values: readonly number[] }>;

/** Runs of a model on rows that are made up: the same for the same numbers. */
export class Trial implements AsyncDisposable {
  readonly #session: InferenceSession;
  readonly #inputs: readonly TensorSpec[];

  private constructor(session: InferenceSession, inputs: readonly TensorSpec[]) {
    this.#session = session;
    this.#inputs = inputs;
  }

  /** `names`: of the tensors that it gives. */
  static async open(
    model: ModelProto,
    inputs: readonly TensorSpec[],
    names: readonly string[],
    settings: SessionSettings,
  ): Promise<Trial> {
    return new Trial(await openSession(givingOut(model, names), settings), inputs);
  }

  async run(rows: readonly number[]): Promise<Numbers> {
    const { Tensor } = await runtime();
    const feeds = this.#inputs.map((input): [string, RuntimeTensor] => {
      const dims = [rows.length, ...input.shape.slice(1).map((size) => size ?? 2)];
      const values = rows.flatMap((row) => valuesOf(row, elementCount(dims.slice(1)), input));
      if (input.dtype === 'int64') return [input.name, new Tensor('int64', BigInt64Array.from(values, BigInt), dims)];
      return [input.name, new Tensor(input.dtype as 'float32', values, dims)];
    });
    const results = await this.#session.run(Object.fromEntries(feeds));
    return new Map(
      Object.entries(results).map(([name, { dims, data }]) => [
        name,
        { dims, values: Array.from(data as ArrayLike<number | bigint>, Number) },
      ]),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }
}

/** Shares, and for whole numbers 0 and 1: every table has such entries. Every third row of floats is of whole numbers, too. */
function valuesOf(row: number, count: number, { name, dtype }: TensorSpec): number[] {
  let state = (Math.imul(row + 1, 0x9e3779b1) ^ (name.length * 0x85ebca6b)) >>> 0;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const share = state / 2 ** 32;
    return dtype.includes('float') && row % 3 !== 2 ? share : Math.round(share);
  });
}

/** Of every row, what it has of a tensor of `rowCount` rows; undefined where it does not have them on an axis. */
export function byRow(
  numbers: Numbers,
  name: string,
  axis: number,
  rowCount: number,
): readonly (readonly number[])[] | undefined {
  const { dims = [], values = [] } = numbers.get(name) ?? {};
  const size = dims[axis];
  if (size === undefined || size === 0 || size % rowCount !== 0) return undefined;
  const inner = (size / rowCount) * elementCount(dims.slice(axis + 1));
  const outer = elementCount(dims.slice(0, axis));
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from({ length: outer }, (_, at) =>
      values.slice((at * rowCount + row) * inner, (at * rowCount + row + 1) * inner),
    ).flat(),
  );
}

/** To float32's rounding, in parts of the largest; what is no number is equal to itself. */
export function isClose(a: readonly number[], b: readonly number[]): boolean {
  const largest = Math.max(1e-6, ...[...a, ...b].map((value) => (Number.isFinite(value) ? Math.abs(value) : 0)));
  const isEqual = (value: number, other: number): boolean =>
    value === other || Object.is(value, other) || Math.abs(value - other) <= 1e-4 * largest;
  return a.length === b.length && a.every((value, at) => isEqual(value, b[at] as number));
}
