import type { CompiledProgram } from '../compute/executor.ts';

interface Waiting {
  begin(): Promise<unknown>;
  readonly outcome: PromiseWithResolvers<unknown>;
}

/** Lets as many runs of a program be under way as it can have, in the order in which they came. */
export class Slots {
  readonly #program: Pick<CompiledProgram, 'concurrency'>;
  readonly #waiting: Waiting[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(program: Pick<CompiledProgram, 'concurrency'>) {
    this.#program = program;
  }

  async run<Result>(begin: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw ended();
    const outcome = Promise.withResolvers<unknown>();
    this.#waiting.push({ begin, outcome });
    this.#admit();
    return (await outcome.promise) as Result;
  }

  /** Refuses those that wait or come later, and waits for those that do not. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { outcome } of this.#waiting.splice(0)) outcome.reject(ended());
    await Promise.allSettled(this.#underWay);
  }

  /** Begins at once: whoever closes finds all that was admitted under way. */
  #admit(): void {
    while (this.#underWay.size < this.#program.concurrency) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const running = next.begin().finally(() => {
        this.#underWay.delete(running);
        this.#admit();
      });
      this.#underWay.add(running);
      next.outcome.resolve(running);
    }
  }
}

const ended = (): Error => new Error('the sweep has ended');
