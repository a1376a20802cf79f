/**
 * A part of a request's work that may ask questions: a resolver, a look-up. It is running until it ends, but for as long as it waits
 * for an answer, or for several at once: until they are there, it is not expected to ask anything more.
 */
export class Branch {
  readonly #count: (by: 1 | -1) => void;
  #answersAwaited = 0;
  #hasEnded = false;
  #isRunning = true;

  /** `count` is told when it begins to run, and when it no longer does. */
  constructor(count: (by: 1 | -1) => void) {
    this.#count = count;
    count(1);
  }

  /** Throws where it has ended: its end was told, so that nobody would wait for what it asks now. */
  async waitFor<Answer>(answer: Promise<Answer>): Promise<Answer> {
    if (this.#hasEnded)
      throw new Error(
        'a question was asked for a resolver that has ended: ask it with the context of the one that waits',
      );
    this.#answersAwaited++;
    this.#update();
    try {
      return await answer;
    } finally {
      this.#answersAwaited--;
      this.#update();
    }
  }

  end(): void {
    this.#hasEnded = true;
    this.#update();
  }

  #update(): void {
    const isRunning = !this.#hasEnded && this.#answersAwaited === 0;
    if (isRunning === this.#isRunning) return;
    this.#isRunning = isRunning;
    this.#count(isRunning ? 1 : -1);
  }
}
