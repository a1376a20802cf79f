import type { PassProgress } from '../pass/protocol.ts';
import { persistently } from '../store/away.ts';
import type { Database } from '../store/database.ts';
import { updateProgress } from '../store/jobs.ts';

/** Progress comes with every batch; the table is told at most twice a second. */
const intervalMs = 500;
/** The rate is that of the last seconds: models are opened first, and sweeps differ. */
const rateMs = 10_000;

/** How far one attempt of a job is. */
export class ProgressReport {
  rowsDone = 0;
  memoryBytes = 0;
  readonly #database: Database;
  readonly #jobId: string;
  readonly #startedMs = performance.now();
  /** Rows done, at moments of the last seconds. */
  readonly #recent: { readonly ms: number; readonly rows: number }[] = [];
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
    if (performance.now() - this.#toldMs >= intervalMs) this.#tell(this.#recentRate());
  }

  /** The last word is always told, with the rate of the whole attempt; to a database that is away when it is back. */
  async close(signal: AbortSignal): Promise<void> {
    const rate = perSecond(this.rowsDone, performance.now() - this.#startedMs);
    if (this.#latest !== undefined) this.#tell(rate, (tell) => persistently(signal, tell));
    await this.#telling;
  }

  /** Of an attempt that has come to its end, if it has read anything. */
  get whole(): { rowsDone: number; rowsTotal: number; rowsPerSecond: number } | undefined {
    if (this.#latest === undefined) return undefined;
    const { rowsDone } = this;
    return { rowsDone, rowsTotal: rowsDone, rowsPerSecond: perSecond(rowsDone, performance.now() - this.#startedMs) };
  }

  #recentRate(): number {
    const now = { ms: performance.now(), rows: this.rowsDone };
    this.#recent.push(now);
    while (this.#recent.length > 2 && now.ms - (this.#recent[0]?.ms ?? 0) > rateMs) this.#recent.shift();
    const [oldest = now] = this.#recent;
    return oldest === now
      ? perSecond(now.rows, now.ms - this.#startedMs)
      : perSecond(now.rows - oldest.rows, now.ms - oldest.ms);
  }

  #tell(rowsPerSecond: number, insisting = (tell: () => Promise<void>): Promise<void> => tell()): void {
    const { rowsDone, rowsTotal } = this.#latest as PassProgress;
    const tell = () => updateProgress(this.#database.db, this.#jobId, { rowsDone, rowsTotal, rowsPerSecond });
    this.#toldMs = performance.now();
    // Progress that cannot be written is no reason to lose the pass.
    this.#telling = this.#telling.then(() => insisting(tell)).catch(() => undefined);
  }
}

const perSecond = (rows: number, ms: number): number => (rows / Math.max(ms, 1)) * 1000;
