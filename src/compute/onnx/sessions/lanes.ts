import { Worker } from 'node:worker_threads';
import { listenTo } from '../../signs-of-life.ts';
import { type LaneCall, type LaneReply, movable } from './lane-protocol.ts';
import type { SessionSettings } from './runtime.ts';
import type { Values } from './session.ts';

/** Omit would forget what the kinds of calls have for themselves. */
type Sent<Call> = Call extends LaneCall ? Omit<Call, 'call'> : never;

/** A thread of this process that runs sessions: onnxruntime-node takes the thread that calls it. */
class Lane {
  readonly #worker = new Worker(new URL('./lane.ts', import.meta.url));
  readonly #calls = new Map<number, PromiseWithResolvers<Values>>();
  readonly #ignore = listenTo(() => (this.#calls.size === 0 ? 0 : performance.now() - this.#heardMs));
  #lastCall = 0;
  #heardMs = 0;
  isAlive = true;

  constructor() {
    this.#worker.on('message', (reply: LaneReply) => this.#receive(reply));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (code) => this.#end(new Error(`a lane ended with ${code}`)));
    this.#worker.unref();
  }

  /** Calls that are not answered yet. */
  get load(): number {
    return this.#calls.size;
  }

  async call(message: Sent<LaneCall>, memory: ArrayBuffer[] = []): Promise<Values> {
    if (!this.isAlive) throw new Error('its lane has ended');
    const call = ++this.#lastCall;
    const answer = Promise.withResolvers<Values>();
    if (this.#calls.size === 0) this.#heardMs = performance.now();
    this.#calls.set(call, answer);
    // A process does not end while somebody waits, and is not held by a lane that idles.
    this.#worker.ref();
    this.#worker.postMessage({ ...message, call } satisfies LaneCall, memory);
    return answer.promise;
  }

  #receive(reply: LaneReply): void {
    const answer = this.#calls.get(reply.call);
    this.#heardMs = performance.now();
    this.#calls.delete(reply.call);
    if (this.#calls.size === 0) this.#worker.unref();
    if ('error' in reply) answer?.reject(new Error(reply.error));
    else answer?.resolve(reply.values);
  }

  #end(error: Error): void {
    this.isAlive = false;
    this.#ignore();
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}

/** Of this process, for all programs. */
let lanes: Lane[] = [];

function lanesOf(count: number): Lane[] {
  lanes = lanes.filter(({ isAlive }) => isAlive);
  while (lanes.length < count) lanes.push(new Lane());
  return lanes.slice(0, count);
}

let lastSession = 0;

/** A session of the same graph in each of some lanes. */
export class LaneSessions {
  readonly #lanes: readonly Lane[];
  readonly #session: number;

  private constructor(lanes: readonly Lane[], session: number) {
    this.#lanes = lanes;
    this.#session = session;
  }

  /** `threads` of each session. */
  static async open(graph: Uint8Array, settings: SessionSettings, count: number): Promise<LaneSessions> {
    const sessions = new LaneSessions(lanesOf(count), ++lastSession);
    const opening = sessions.#lanes.map((lane) =>
      lane.call({ kind: 'open', session: sessions.#session, graph, settings }),
    );
    const failed = (await Promise.allSettled(opening)).find((one) => one.status === 'rejected');
    if (failed === undefined) return sessions;
    await sessions.close();
    throw failed.reason;
  }

  get count(): number {
    return this.#lanes.length;
  }

  /** In the lane that has least to do. */
  run(feeds: Values): Promise<Values> {
    const lane = this.#lanes.reduce((a, b) => (b.load < a.load ? b : a));
    const { copies, memory } = movable(feeds);
    return lane.call({ kind: 'run', session: this.#session, feeds: copies }, memory);
  }

  async close(): Promise<void> {
    const living = this.#lanes.filter(({ isAlive }) => isAlive);
    await Promise.allSettled(living.map((lane) => lane.call({ kind: 'close', session: this.#session })));
  }
}
