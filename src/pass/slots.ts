import type { CompiledProgram } from '../compute/executor.ts';

/** Lets as many runs of a program be under way as it can have, in the order in which they came. */
export class Slots {
  readonly #program: Pick<CompiledProgram, 'concurrency'>;
  readonly #waiting: PromiseWithResolvers<void>[] = [];
  readonly #underWay = new Set<Promise<unknown>>();
  #taken = 0;
  #isClosed = false;

  constructor(program: Pick<CompiledProgram, 'concurrency'>) {
    this.#program = program;
  }

  async run<Result>(begin: () => Promise<Result>): Promise<Result> {
    if (this.#isClosed) throw ended();
    const turn = Promise.withResolvers<void>();
    this.#waiting.push(turn);
    this.#admit();
    await turn.promise;
    const running = begin();
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
      this.#taken--;
      this.#admit();
    }
  }

  /** Refuses those that wait or come later, and waits for those that do not. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) reject(ended());
    await Promise.allSettled(this.#underWay);
  }

  #admit(): void {
    while (this.#taken < this.#program.concurrency && this.#waiting.length > 0) {
      this.#taken++;
      this.#waiting.shift()?.resolve();
    }
  }
}

const ended = (): Error => new Error('the sweep has ended');
