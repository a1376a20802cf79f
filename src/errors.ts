import { suggestionFor } from './similar.ts';

/**
 * Every error that a client can get: one table, from which the schema's `ErrorCode`, docs/errors.md and the tests come.
 * The message says what is wrong and what to do next; what it says in words, `details` carries as data.
 */
export const errorTable = {
  BAD_USER_INPUT: 'An argument that nobody can satisfy; `argument` names it.',
  NOT_FOUND: 'There is no such thing; `similar` lists names that come close, or else `existing` those that there are.',
  CONFLICT: 'The name and version are taken by other bytes or other settings.',
  UNAUTHENTICATED: 'The server wants an API key and got none that it knows.',
  FORBIDDEN: 'The request is not allowed here.',
  RATE_LIMITED: 'Too much was asked in too short a time; `retryAfterMs` says when to come back.',
  COST_LIMIT_EXCEEDED: 'The query document is larger, deeper or dearer than the server allows.',
  PAYLOAD_TOO_LARGE: 'A request or a file is larger than the server takes.',
  MODEL_REJECTED: 'The model file cannot be read, is not allowed, or cannot be opened by its runtime.',
  DATASET_REJECTED: 'The data cannot be read, or changed after it was registered.',
  BINDING_MISMATCH: 'The model and the rows do not fit: a feature, a column, a slot or a value.',
  UNSUPPORTED_OPERATOR: 'An operator of the model is in the way; `operator` and `node` name it.',
  UNSUPPORTED_BY_EXECUTOR: 'This model’s executor cannot do that.',
  SERVICE_UNAVAILABLE: 'The server cannot reach its database just now; ask again after `retryAfterMs`.',
  ANALYSIS_PENDING: 'The answer is being computed by `job`; ask again after `retryAfterMs`.',
  ANALYSIS_FAILED: 'The computation failed; the message says why.',
  CANCELLED: 'The job that computed this was cancelled.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  PERSISTED_QUERY_NOT_SUPPORTED:
    'The request has the hash of a document instead of the document. Clients send the document when they see this.',
  INTERNAL_SERVER_ERROR: 'A defect of the server; its log has the details under `errorId`.',
} as const;

export type ErrorCode = keyof typeof errorTable;
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** An error that is meant for the client. Anything else that is thrown reaches it as INTERNAL_SERVER_ERROR, masked. */
export class GlassgraphError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'GlassgraphError';
    this.code = code;
    this.details = details;
  }
}

const thrower =
  (code: ErrorCode) =>
  (message: string, details?: ErrorDetails): GlassgraphError =>
    new GlassgraphError(code, message, details);

export const conflict = thrower('CONFLICT');
export const forbidden = thrower('FORBIDDEN');
export const costLimitExceeded = thrower('COST_LIMIT_EXCEEDED');
export const modelRejected = thrower('MODEL_REJECTED');
export const datasetRejected = thrower('DATASET_REJECTED');
export const bindingMismatch = thrower('BINDING_MISMATCH');
export const unsupportedOperator = thrower('UNSUPPORTED_OPERATOR');
export const unsupportedByExecutor = thrower('UNSUPPORTED_BY_EXECUTOR');
export const analysisFailed = thrower('ANALYSIS_FAILED');

/** BAD_USER_INPUT; `argument` is the path of the argument as the client wrote it, e.g. `rows.partitions`. */
export const badUserInput = (argument: string, message: string, details: ErrorDetails = {}): GlassgraphError =>
  new GlassgraphError('BAD_USER_INPUT', message, { argument, ...details });

/** NOT_FOUND; `what` is the kind of thing, e.g. `dataset`; `names` are those that there are. */
export function notFound(what: string, name: string, names: readonly string[] = []): GlassgraphError {
  const { words, data } = suggestionFor(name, names);
  return new GlassgraphError('NOT_FOUND', `There is no ${what} “${name}”.${words}`, { what, name, ...data });
}

/** The form in which an error crosses a process or lies in a table. */
export interface ErrorRecord {
  code: ErrorCode;
  message: string;
  details: ErrorDetails;
}

/** What is not a GlassgraphError is a defect: its text stays in the log, the record says only that there was one. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof GlassgraphError) return { code: error.code, message: error.message, details: error.details };
  return { code: 'INTERNAL_SERVER_ERROR', message: 'The server failed. Its log has the details.', details: {} };
}

export const fromErrorRecord = (record: ErrorRecord): GlassgraphError =>
  new GlassgraphError(record.code, record.message, record.details);
