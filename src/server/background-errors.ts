import type { Logger } from 'pino';
import { isAway } from '../store/away.ts';

/** A database that is away is noticed several times a second by whatever goes on in the background. */
const awayMs = 10_000;

export type BackgroundErrors = (error: unknown, what: string) => void;

/** Logs errors that no request has; that the database is away in one line, now and then, as long as it is. */
export function backgroundErrors(log: Logger): BackgroundErrors {
  let toldMs = Number.NEGATIVE_INFINITY;
  return (error, what) => {
    if (!isAway(error)) return log.error({ err: error }, what);
    if (performance.now() - toldMs < awayMs) return;
    toldMs = performance.now();
    log.warn('the database is away; it is tried again until it is back');
  };
}
