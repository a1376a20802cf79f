import type { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import type { Tensor } from '../../tensor.ts';
import { openSession, runtime, type SessionSettings } from './runtime.ts';

/** What a session is fed with, or gives. */
export type Values = Readonly<Record<string, Value>>;
export type Value = Tensor | TextTensor;

export interface TextTensor {
  readonly dtype: 'string';
  readonly dims: readonly number[];
  readonly data: readonly string[];
}

/** A session of onnxruntime that speaks of tensors as we do. A run takes this thread. */
export class Session {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async open(graph: Uint8Array, settings: SessionSettings): Promise<Session> {
    return new Session(await openSession(graph, settings));
  }

  async run(feeds: Values): Promise<Values> {
    const { Tensor } = await runtime();
    const fed = Object.entries(feeds).map(([name, { dtype, data, dims }]): [string, RuntimeTensor] => [
      name,
      dtype === 'string' ? new Tensor(dtype, [...data], dims) : new Tensor(dtype, data, dims),
    ]);
    const results = Object.entries(await this.#session.run(Object.fromEntries(fed)));
    return Object.fromEntries(
      results.map(([name, { type, dims, data }]) => [name, { dtype: type, dims, data } as Value]),
    );
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}
