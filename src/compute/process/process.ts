import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromErrorRecord } from '../../errors.ts';
import { CallGuard, type CallLimits } from './limits.ts';
import { ComputeProcessLost } from './lost.ts';
import type { CallMessage, ReplyMessage } from './protocol.ts';

export interface CallOptions {
  readonly onProgress?: (value: unknown) => void;
  readonly onEmit?: (value: unknown) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ProcessOptions {
  /** The module that the process runs; it calls `serve`. */
  readonly entry: URL;
  /** Where the process has a folder for its temporary files, which goes when it ends. */
  readonly scratch: string;
  readonly limits: CallLimits;
}

interface Call extends CallOptions {
  readonly guard: CallGuard;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The parent's side of one child. */
export class ComputeProcess {
  readonly #child: ChildProcess;
  readonly #limits: CallLimits;
  readonly #scratch: string;
  readonly #calls = new Map<number, Call>();
  #lastCall = 0;
  #exitReason: string | undefined;

  constructor({ entry, scratch, limits }: ProcessOptions) {
    this.#limits = limits;
    this.#scratch = join(scratch, `${process.pid}-${randomUUID()}`);
    mkdirSync(this.#scratch, { recursive: true });
    this.#child = fork(fileURLToPath(entry), [this.#scratch], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, TMPDIR: this.#scratch },
    });
    this.#child.on('message', (message) => this.#receive(message as ReplyMessage));
    this.#child.on('exit', (code, signal) => {
      rmSync(this.#scratch, { recursive: true, force: true });
      this.#lost(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
    this.#child.on('error', (error) => this.#lost(error.message));
  }

  get isAlive(): boolean {
    return this.#exitReason === undefined;
  }

  call(method: string, parameters: unknown, options: CallOptions): Promise<unknown> {
    const kill = (): void => void this.#child.kill('SIGKILL');
    options.signal?.addEventListener('abort', kill, { once: true });
    const guard = new CallGuard(this.#child.pid, this.#limits, (error) => this.#lost(error.message, error));
    const answer = new Promise((resolve, reject) => {
      if (this.#exitReason !== undefined) return reject(new ComputeProcessLost(this.#exitReason));
      const call = ++this.#lastCall;
      this.#calls.set(call, { ...options, guard, resolve, reject });
      const message: CallMessage = { call, method, parameters };
      this.#child.send(message, (error) => error && this.#lost(error.message));
    });
    return answer.finally(() => {
      guard.end();
      options.signal?.removeEventListener('abort', kill);
    });
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  #receive(message: ReplyMessage): void {
    const call = this.#calls.get(message.call);
    if (call === undefined) return;
    call.guard.heard();
    if (message.kind === 'alive') return;
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

  #lost(reason: string, error: Error = new ComputeProcessLost(reason)): void {
    this.#exitReason ??= reason;
    // Also when it is only out of reach.
    this.#child.kill('SIGKILL');
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}
