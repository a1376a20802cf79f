import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { fromErrorRecord } from '../../errors.ts';
import type { CallMessage, ReplyMessage } from './protocol.ts';

/** The process ended under a call: a crash of native code, the system's out-of-memory killer. */
export class ComputeProcessLost extends Error {
  constructor(reason: string) {
    super(`the compute process was lost: ${reason}`);
    this.name = 'ComputeProcessLost';
  }
}

export interface CallOptions {
  readonly onProgress?: (value: unknown) => void;
  readonly onEmit?: (value: unknown) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Call extends CallOptions {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The parent's side of one child. */
export class ComputeProcess {
  readonly #child: ChildProcess;
  readonly #calls = new Map<number, Call>();
  #lastCall = 0;
  #exitReason: string | undefined;

  constructor(entry: URL) {
    this.#child = fork(fileURLToPath(entry), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (message) => this.#receive(message as ReplyMessage));
    this.#child.on('exit', (code, signal) => this.#lost(signal === null ? `exit code ${code}` : `signal ${signal}`));
    this.#child.on('error', (error) => this.#lost(error.message));
  }

  get isAlive(): boolean {
    return this.#exitReason === undefined;
  }

  call(method: string, parameters: unknown, options: CallOptions): Promise<unknown> {
    const kill = (): void => void this.#child.kill('SIGKILL');
    options.signal?.addEventListener('abort', kill, { once: true });
    const answer = new Promise((resolve, reject) => {
      if (this.#exitReason !== undefined) return reject(new ComputeProcessLost(this.#exitReason));
      const call = ++this.#lastCall;
      this.#calls.set(call, { ...options, resolve, reject });
      const message: CallMessage = { call, method, parameters };
      this.#child.send(message, (error) => error && this.#lost(error.message));
    });
    return answer.finally(() => options.signal?.removeEventListener('abort', kill));
  }

  async end(): Promise<void> {
    if (!this.isAlive) return;
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  #receive(message: ReplyMessage): void {
    const call = this.#calls.get(message.call);
    if (call === undefined) return;
    if (message.kind === 'progress') call.onProgress?.(message.value);
    else if (message.kind === 'emit') call.onEmit?.(message.value);
    else this.#end(call, message);
  }

  #end(call: Call, message: Extract<ReplyMessage, { kind: 'done' | 'failed' | 'defect' }>): void {
    this.#calls.delete(message.call);
    if (message.kind === 'done') call.resolve(message.value);
    else if (message.kind === 'failed') call.reject(fromErrorRecord(message.error));
    else call.reject(new Error(`a defect in the compute process: ${message.log}`));
  }

  #lost(reason: string): void {
    this.#exitReason ??= reason;
    // Also when it is only out of reach.
    this.#child.kill('SIGKILL');
    for (const { reject } of this.#calls.values()) reject(new ComputeProcessLost(reason));
    this.#calls.clear();
  }
}
