import type { Database } from '../store/database.ts';

/** Wakes whoever waits for a payload of one channel of the database. One listener for all that wait in this process. */
export class Notifications {
  readonly #waiting = new Map<string, Set<() => void>>();
  #unlisten: () => Promise<void> = async () => undefined;

  static async open(database: Database, channel: string): Promise<Notifications> {
    const notifications = new Notifications();
    notifications.#unlisten = await database.listen(channel, (payload) => notifications.#wake(payload));
    return notifications;
  }

  /** Wakes everybody. */
  async close(): Promise<void> {
    for (const payload of [...this.#waiting.keys()]) this.#wake(payload);
    await this.#unlisten();
  }

  /** Resolves with the next notification, after the time, or when the signal is aborted. */
  next(payload: string, timeoutMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wakers = this.#waiting.get(payload) ?? new Set();
      this.#waiting.set(payload, wakers);
      const wake = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', wake);
        wakers.delete(wake);
        if (wakers.size === 0) this.#waiting.delete(payload);
        resolve();
      };
      const timer = setTimeout(wake, Math.max(0, timeoutMs));
      signal.addEventListener('abort', wake);
      wakers.add(wake);
    });
  }

  #wake(payload: string): void {
    for (const wake of this.#waiting.get(payload) ?? []) wake();
  }
}
