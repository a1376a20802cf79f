import { analysisFailed, type GlassgraphError } from './errors.ts';

/** What a client is told of an error when it, or what caused it, is that a disk is full: as Node, DuckDB or Postgres say it. */
export function diskFull(error: unknown): GlassgraphError | undefined {
  if (!(error instanceof Error)) return undefined;
  const isFull =
    /\bENOSPC\b|no space left on device/i.test(error.message) || ('code' in error && error.code === '53100');
  return isFull ? analysisFailed('The server’s disk is full. Free some space, then ask again.') : diskFull(error.cause);
}
