import { type CallOptions, ComputeProcess } from './process.ts';

/**
 * A fixed number of compute processes, each with one call at a time; calls beyond that wait in order. One that is lost is
 * replaced when it is next needed.
 */
export class ComputePool {
  readonly #entry: URL;
  readonly #size: number;
  readonly #idle: ComputeProcess[] = [];
  readonly #all = new Set<ComputeProcess>();
  readonly #waiting: ((process: ComputeProcess) => void)[] = [];
  #closed = false;

  /** `entry`: the module that each process runs; it calls `serve`. */
  constructor({ entry, size }: { entry: URL; size: number }) {
    this.#entry = entry;
    this.#size = size;
  }

  /**
   * Throws what the method threw, or ComputeProcessLost when the process ended under the call. An aborted call ends its process:
   * native code cannot be interrupted otherwise.
   */
  async run(method: string, parameters: unknown, options: CallOptions = {}): Promise<unknown> {
    const process = await this.#take();
    try {
      options.signal?.throwIfAborted();
      return await process.call(method, parameters, options);
    } finally {
      this.#giveBack(process);
    }
  }

  /** Calls under way are lost. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#all].map((process) => process.end()));
  }

  async #take(): Promise<ComputeProcess> {
    if (this.#closed) throw new Error('the compute pool is closed');
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.size < this.#size) return this.#start();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #start(): ComputeProcess {
    const process = new ComputeProcess(this.#entry);
    this.#all.add(process);
    return process;
  }

  #giveBack(process: ComputeProcess): void {
    if (!process.isAlive) this.#all.delete(process);
    const next = this.#waiting.shift();
    if (next !== undefined) next(process.isAlive ? process : this.#start());
    else if (process.isAlive) this.#idle.push(process);
  }
}
