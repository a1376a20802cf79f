import { type CallOptions, ComputeProcess, type ProcessOptions } from './process.ts';

/**
 * A fixed number of compute processes, each with one call at a time; calls beyond that wait in order. One that is lost is
 * replaced when it is next needed.
 */
export class ComputePool {
  readonly #options: ProcessOptions;
  readonly #size: number;
  readonly #idle: ComputeProcess[] = [];
  readonly #all = new Set<ComputeProcess>();
  readonly #waiting: PromiseWithResolvers<ComputeProcess>[] = [];
  #closed = false;

  constructor({ size, ...options }: ProcessOptions & { size: number }) {
    this.#options = options;
    this.#size = size;
  }

  /**
   * Throws what the method threw, ANALYSIS_FAILED beyond a limit, or ComputeProcessLost when the process ended under the call. An aborted call throws the
   * signal's reason and ends its process: native code cannot be interrupted otherwise.
   */
  async run(method: string, parameters: unknown, options: CallOptions = {}): Promise<unknown> {
    const process = await this.#take();
    try {
      options.signal?.throwIfAborted();
      return await process.call(method, parameters, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      throw error;
    } finally {
      this.#giveBack(process);
    }
  }

  /** Calls under way are lost, calls that wait are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(closedError());
    await Promise.all([...this.#all].map((process) => process.end()));
  }

  async #take(): Promise<ComputeProcess> {
    if (this.#closed) throw closedError();
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.isAlive) return idle;
      this.#all.delete(idle);
    }
    if (this.#all.size < this.#size) return this.#start();
    const turn = Promise.withResolvers<ComputeProcess>();
    this.#waiting.push(turn);
    return turn.promise;
  }

  #start(): ComputeProcess {
    const process = new ComputeProcess(this.#options);
    this.#all.add(process);
    return process;
  }

  #giveBack(process: ComputeProcess): void {
    if (!process.isAlive) this.#all.delete(process);
    const next = this.#waiting.shift();
    if (next !== undefined) next.resolve(process.isAlive ? process : this.#start());
    else if (process.isAlive) this.#idle.push(process);
  }
}

const closedError = (): Error => new Error('the compute pool is closed');
