import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { madeUpValues, type Numbers } from '../../made-up.ts';
import { elementCount, type TensorSpec } from '../../tensor.ts';
import { givingOut } from '../outputs.ts';
import type { ModelProto } from '../proto/onnx_pb.js';
import { openSession, runtime, type SessionSettings } from '../sessions/runtime.ts';

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
      const values = rows.flatMap((row) => madeUpValues(row, elementCount(dims.slice(1)), input));
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
