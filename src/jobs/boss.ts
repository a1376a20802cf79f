import { fromPglite, PgBoss } from 'pg-boss';
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
  const common = { useListenNotify: true, superviseIntervalSeconds: 5, monitorIntervalSeconds: 5, schedule: false };
  const boss = new PgBoss(
    engine.kind === 'pglite'
      ? { ...common, db: fromPglite(engine.pglite), backend: 'pglite' }
      : { ...common, connectionString: engine.url },
  );
  boss.on('error', onError);
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

export const workOptions = {
  pollingIntervalSeconds: 0.5,
  notifyPollingIntervalSeconds: 0.5,
  includeMetadata: true,
  // Nothing is queued for later; a clock that was put back must not hold back what was queued before.
  ignoreStartAfter: true,
} as const;
