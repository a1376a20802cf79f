import { DrizzleQueryError } from 'drizzle-orm';

/**
 * Codes of Postgres (classes 08 and 57P, limits of idle and long transactions) and of postgres.js that say nothing about a query, only
 * that nobody is there to answer it.
 */
const databaseCodes = /^(08\w{3}|57P0[1-4]|25P0[34]|53300|CONNECTION_\w+|CONNECT_TIMEOUT)$/;
/** The same of a socket, which may be anybody's: a client that goes away while it sends has them too. */
const socketCodes = /^(ECONN\w+|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;

/** Says of an error that it comes from a connection to the database, where the error itself does not. */
export class DatabaseError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : 'the database', { cause });
    this.name = 'DatabaseError';
  }
}

/** Whether an error, or what caused it, is that the database cannot be reached just now. */
export const isAway = (error: unknown): boolean => isAwayBy(error, databaseCodes);

function isAwayBy(error: unknown, codes: RegExp): boolean {
  // pg-boss tells of errors in objects of its own.
  if (typeof error !== 'object' || error === null) return false;
  const { code, cause } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && (codes.test(code) || databaseCodes.test(code))) return true;
  const isOfDatabase = error instanceof DrizzleQueryError || error instanceof DatabaseError;
  const inner = isOfDatabase ? socketCodes : codes;
  if (error instanceof AggregateError) return error.errors.some((one) => isAwayBy(one, inner));
  return isAwayBy(cause, inner);
}

const longestDelayMs = 2000;

/** Does it as soon as the database is there again, unless the signal is aborted before; what is done must bear to be done twice. */
export async function persistently<Result>(signal: AbortSignal, what: () => Promise<Result>): Promise<Result> {
  for (let delayMs = 50; ; delayMs = Math.min(2 * delayMs, longestDelayMs)) {
    try {
      return await what();
    } catch (error) {
      if (signal.aborted || !isAway(error)) throw error;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}
