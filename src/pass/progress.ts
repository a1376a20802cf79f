import type { PassProgress } from './protocol.ts';

/** A message for every batch would cost more than many a batch. */
const intervalMs = 50;

/** How far a pass is, over all of its sweeps. The total is known when every analysis knows how many it needs. */
export class Progress {
  readonly #sweepRows: number;
  readonly #tell: (progress: PassProgress) => void;
  #rowsDone = 0;
  #rowsTotal: number | null = null;
  #toldMs = performance.now();

  /** `sweepRows`: of one sweep, rows that are left out among them. */
  constructor(sweepRows: number, tell: (progress: PassProgress) => void) {
    this.#sweepRows = sweepRows;
    this.#tell = tell;
  }

  /**
   * A sweep begins; `after`: how many sweeps follow it for each analysis, null where nobody knows yet; `steps`: how many steps
   * follow the last sweeps of all.
   */
  begin(after: readonly (number | null)[], steps = 0): void {
    const isKnown = after.every((count) => count !== null);
    this.#rowsTotal = isKnown ? this.#rowsDone + this.#sweepRows * (1 + Math.max(0, ...after) + steps) : null;
    this.report();
  }

  /** So many rows further. */
  advance(rows: number): void {
    this.#rowsDone += rows;
    if (performance.now() - this.#toldMs >= intervalMs) this.report();
  }

  /** A step further, which goes over all rows. */
  step(): void {
    this.advance(this.#sweepRows);
  }

  /** Nothing follows. */
  end(): void {
    this.#rowsTotal = this.#rowsDone;
    this.report();
  }

  /** Where it is now: so that whoever sees a result finds what it took. */
  report(): void {
    this.#toldMs = performance.now();
    this.#tell({ rowsDone: this.#rowsDone, rowsTotal: this.#rowsTotal, memoryBytes: process.memoryUsage.rss() });
  }
}
