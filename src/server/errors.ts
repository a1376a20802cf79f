import { randomUUID } from 'node:crypto';
import { GraphQLError } from 'graphql';
import type { Logger } from 'pino';
import { diskFull } from '../disk-full.ts';
import { type ErrorCode, errorTable, GlassgraphError } from '../errors.ts';
import { isAway } from '../store/away.ts';

/** The database's own connections try again several times a second. */
export const awayRetryMs = 1000;
const databaseAway = 'The server’s database cannot be reached just now. Ask again in a moment.';

/** What graphql-js says of a figure, where nobody has looked before what it is. */
const noNumber = /^(?:Float|Int) cannot represent non[- ]\w+ value: -?(NaN|Infinity)$/;
const noNumberText =
  'This figure is infinite or NaN on these rows. Leave rows out with `rows.where`, or ask for another target or method.';

/** Every error that leaves the server has a code of the table; what is a defect keeps its text in the log. */
export function errorMasker(log: Logger): (error: unknown) => GraphQLError {
  return (error) => {
    const located = error instanceof GraphQLError ? error : undefined;
    const cause = rootOf(error);
    if (cause instanceof GlassgraphError) return coded(cause.message, cause.code, cause.details, located);
    if (located !== undefined && isOfLibrary(located)) return coded(located.message, codeOf(located), {}, located);
    if (cause instanceof GraphQLError && noNumber.test(cause.message)) {
      log.warn({ err: cause, path: located?.path }, 'a figure is no number');
      return coded(noNumberText, 'ANALYSIS_FAILED', {}, located);
    }
    if (isAway(cause)) {
      log.warn({ err: cause, path: located?.path }, 'the database is away');
      return coded(databaseAway, 'SERVICE_UNAVAILABLE', { retryAfterMs: awayRetryMs }, located);
    }
    const full = diskFull(cause);
    if (full !== undefined) {
      log.error({ err: cause, path: located?.path }, 'a disk is full');
      return coded(full.message, full.code, full.details, located);
    }
    const errorId = randomUUID();
    log.error({ errorId, err: cause, path: located?.path }, 'internal error');
    return coded(
      `The server failed. Its log has the details under ${errorId}.`,
      'INTERNAL_SERVER_ERROR',
      { errorId },
      located,
    );
  };
}

function rootOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined ? rootOf(error.originalError) : error;
}

/** About the request itself: its document, its variables, its limits. Nothing of ours has failed. */
const isOfLibrary = (error: GraphQLError): boolean =>
  error.originalError === undefined || (error.path === undefined && /^Variable "\$/.test(error.message));

/** What a library finds wrong with a document, as an error of ours. */
export const codedError = (error: GraphQLError): GlassgraphError => {
  const cause = rootOf(error);
  return cause instanceof GlassgraphError ? cause : new GlassgraphError(codeOf(error), error.message);
};

/** Libraries' codes are their own, or none. */
function codeOf(error: GraphQLError): ErrorCode {
  const { code } = error.extensions;
  if (typeof code === 'string' && code in errorTable) return code as ErrorCode;
  if (/^Syntax Error/.test(error.message)) return 'GRAPHQL_PARSE_FAILED';
  if (/^Variable "\$/.test(error.message)) return 'BAD_USER_INPUT';
  return error.path === undefined && !isOfRequest(error) ? 'GRAPHQL_VALIDATION_FAILED' : 'BAD_USER_INPUT';
}

/** What is wrong with a document has a place in it; the rest is about the request that carried it. */
const isOfRequest = ({ source, nodes }: GraphQLError): boolean => source === undefined && nodes === undefined;

function coded(
  message: string,
  code: ErrorCode,
  details: Readonly<Record<string, unknown>>,
  at: GraphQLError | undefined,
): GraphQLError {
  // What a library says of the HTTP answer (status, headers) is for the server, not for the client.
  const http = httpOf(at);
  return new GraphQLError(message, {
    ...(at?.nodes && { nodes: at.nodes }),
    ...(at?.source && { source: at.source }),
    ...(at?.positions && { positions: at.positions }),
    ...(at?.path && { path: at.path }),
    extensions: { ...details, code, ...(http === undefined ? {} : { http }) },
  });
}

/** A request that is none has its status whatever form of answer was asked for; a document's errors follow GraphQL over HTTP. */
function httpOf(error: GraphQLError | undefined): object | undefined {
  const http = error?.extensions.http;
  if (error === undefined || http === undefined || !isOfRequest(error)) return http;
  return { ...http, spec: false };
}
