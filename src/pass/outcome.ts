import { encodeResult } from '../analysis/codec.ts';
import { type GlassgraphError, toErrorRecord } from '../errors.ts';
import type { Failure } from './isolated.ts';
import type { Counts } from './parts.ts';
import type { PassFailure, PassResult } from './protocol.ts';

/** Whoever is told what becomes of the questions of a pass, and what computes them. */
export interface Told {
  readonly executor: string;
  readonly device: string;
  onResult(result: PassResult): void;
  /** Why one question cannot be answered. */
  onFailure(failure: PassFailure): void;
}

/** What becomes of the questions of a pass: every result, and every failure, is handed over as soon as it is there. */
export class Outcome {
  readonly #told: Told;
  readonly #startedMs = performance.now();
  readonly #failed = new Map<string, GlassgraphError>();

  constructor(told: Told) {
    this.#told = told;
  }

  /** As bytes, with how long it took until now. */
  done(key: string, result: unknown, counts: Counts, files: readonly string[] = []): void {
    const { executor, device } = this.#told;
    const durationMs = performance.now() - this.#startedMs;
    this.#told.onResult({ key, value: encodeResult(result), files, ...counts, durationMs, executor, device });
  }

  failed(failures: readonly Failure<{ readonly key: string }>[]): void {
    for (const { member, error } of failures) {
      this.#failed.set(member.key, error);
      this.#told.onFailure({ key: member.key, error: toErrorRecord(error) });
    }
  }

  /** Throws the error of the first of these that has failed. */
  assertNoneFailed(keys: Iterable<string> = this.#failed.keys()): void {
    for (const key of keys) {
      const error = this.#failed.get(key);
      if (error !== undefined) throw error;
    }
  }
}
