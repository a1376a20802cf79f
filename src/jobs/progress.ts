import type { PassProgress } from '../pass/protocol.ts';
import type { Database } from '../store/database.ts';
import { updateProgress } from '../store/jobs.ts';

/** Progress comes with every batch; the table is told at most twice a second. */
const intervalMs = 500;

/** How far one attempt of a job is. */
export class ProgressReport {
  rowsDone = 0;
  memoryBytes = 0;
  readonly #database: Database;
  readonly #jobId: string;
  readonly #startedMs = performance.now();
  #toldMs = Number.NEGATIVE_INFINITY;
  #latest: PassProgress | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(database: Database, jobId: string) {
    this.#database = database;
    this.#jobId = jobId;
  }

  report(progress: PassProgress): void {
    this.rowsDone = progress.rowsDone;
    this.memoryBytes = progress.memoryBytes;
    this.#latest = progress;
    if (performance.now() - this.#toldMs >= intervalMs) this.#tell();
  }

  /** The last word is always told. */
  async close(): Promise<void> {
    if (this.#latest !== undefined) this.#tell();
    await this.#telling;
  }

  #tell(): void {
    const { rowsDone, rowsTotal } = this.#latest as PassProgress;
    const seconds = (performance.now() - this.#startedMs) / 1000;
    this.#toldMs = performance.now();
    this.#latest = undefined;
    const update = { rowsDone, rowsTotal, rowsPerSecond: rowsDone / Math.max(seconds, 0.001) };
    // Progress that cannot be written is no reason to lose the pass.
    this.#telling = this.#telling
      .then(() => updateProgress(this.#database.db, this.#jobId, update))
      .catch(() => undefined);
  }
}
