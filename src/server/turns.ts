/**
 * Begins requests in the order in which they came, one in each turn of the event loop. The loop also accepts one connection a turn
 * (libuv does since 1.45): if all requests that have come were begun in one turn, a busy server would make whoever connects wait for
 * seconds, behind any number of requests of those who are connected.
 */
export class Turns {
  readonly #waiting: (() => void)[] = [];

  begin(request: () => void): void {
    this.#waiting.push(request);
    if (this.#waiting.length === 1) setImmediate(this.#next);
  }

  readonly #next = (): void => {
    this.#waiting[0]?.();
    this.#waiting.shift();
    if (this.#waiting.length > 0) setImmediate(this.#next);
  };
}
