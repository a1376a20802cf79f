/**
 * Codes of Postgres (classes 08 and 57P, limits of idle and long transactions) and of sockets that say nothing about a query, only
 * that nobody is there to answer it.
 */
const awayCodes =
  /^(08\w{3}|57P0[1-4]|25P0[34]|53300|ECONN\w+|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|CONNECTION_\w+|CONNECT_TIMEOUT)$/;

/** Whether an error, or what caused it, is that the database cannot be reached just now. */
export function isAway(error: unknown): boolean {
  // pg-boss tells of errors in objects of its own.
  if (typeof error !== 'object' || error === null) return false;
  const { code, cause } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && awayCodes.test(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isAway);
  return isAway(cause);
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
