import { type Clock, fromPglite, PgBoss } from 'pg-boss';
import { DatabaseError } from '../store/away.ts';
import type { Database } from '../store/database.ts';

/** A job of it is one pass. */
export const passQueue = 'passes';
/** A job of it is a document whose passes are waited for. */
export const prefetchQueue = 'prefetches';

/** A heartbeat tells a lost pass from a long one; this only ends what would never end. */
const longestPassSeconds = 23 * 3600;

/**
 * pg-boss on either engine. Its defaults notice a lost worker after 30 to 60 s; with these it takes a heartbeat. Attempts are
 * counted by the runner, which knows a lost process from a wrong question; retries of pg-boss are for lost runners.
 */
export async function startBoss({ engine }: Database, onError: (error: Error) => void): Promise<PgBoss> {
  const common = {
    useListenNotify: true,
    superviseIntervalSeconds: 5,
    monitorIntervalSeconds: 5,
    schedule: false,
    clock: steadyClock(),
  };
  const boss = new PgBoss(
    engine.kind === 'pglite'
      ? { ...common, db: fromPglite(engine.pglite), backend: 'pglite' }
      : { ...common, connectionString: engine.url },
  );
  boss.on('error', (error) => onError(new DatabaseError(error)));
  await boss.start();
  for (const queue of [passQueue, prefetchQueue]) {
    await boss.createQueue(queue, {
      notify: true,
      retryLimit: 2,
      retryDelay: 0,
      heartbeatSeconds: 10,
      expireInSeconds: longestPassSeconds,
    });
  }
  return boss;
}

/** A clock that is put back a day must not make anybody sleep until the next. */
function steadyClock(): Clock {
  const startMs = Date.now() - performance.now();
  return { now: () => startMs + performance.now(), setTimeout, clearTimeout, setInterval, clearInterval };
}

export const workOptions = {
  /** Where nobody listens: a connection was lost, or a proxy is in between. */
  pollingIntervalSeconds: 0.5,
  /** Behind notifications: what another's crash gives back to the queue is not told of. */
  notifyPollingIntervalSeconds: 2,
  includeMetadata: true,
} as const;
