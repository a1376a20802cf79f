import postgres, { type Options, type Sql, type TransactionSql } from 'postgres';
import { DatabaseError, isAway } from './away.ts';

/** Between two attempts of a connection. The library's own delay grows to 20 s, which questions would wait for a database that is back. */
const reconnectSeconds = 0.2;

/**
 * Connections of postgres.js that survive the loss of their server. It asks a new connection for the server's types, and where that
 * is cut off nobody catches its error: the process would end. Drizzle needs no types to read our columns.
 */
export const connectTo = (url: string, options: Options<Record<string, never>> = {}): Sql =>
  withSafeTransactions(
    postgres(url, { ...options, fetch_types: false, onnotice: () => undefined, backoff: () => reconnectSeconds }),
  );

type Body = (own: TransactionSql) => Promise<unknown>;

/** How long a connection may take to close after its server's last word; one that is open then was not what has been lost. */
const closingMs = 1000;

/**
 * After a transaction that fails postgres.js 3.4.9 writes ROLLBACK, also to a connection that is lost: outside of every promise, so
 * that the process ends, or later within another transaction (porsager/postgres#1208, #1216). So it is not told at once of a body
 * that fails because a connection is lost: when it was its own, `begin` rejects as that closes. Nor may a body ask anything then.
 */
function withSafeTransactions(client: Sql): Sql {
  const begin = client.begin.bind(client) as (body: Body) => Promise<unknown>;
  const safely = async (body: Body): Promise<unknown> => {
    let isOver = false;
    let failure: unknown;
    const guarded: Body = (own) =>
      new Promise((resolve, reject) => {
        const ask = own.unsafe;
        own.unsafe = ((...asked: Parameters<typeof ask>) => {
          if (isOver) throw new Error('The connection of this transaction is lost.');
          return ask(...asked);
        }) as typeof ask;
        body(own).then(resolve, (error: unknown) => {
          failure = error;
          const tell = (): void => {
            if (!isOver) reject(error);
          };
          if (isAway(error)) setTimeout(tell, closingMs);
          else tell();
        });
      });
    try {
      return await begin(guarded);
    } catch (error) {
      throw error === failure || error instanceof postgres.PostgresError ? error : new DatabaseError(error);
    } finally {
      isOver = true;
    }
  };
  return Object.assign(client, { begin: safely }) as Sql;
}
