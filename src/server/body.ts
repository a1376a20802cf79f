import { GraphQLError } from 'graphql';
import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { type ErrorCode, GlassgraphError } from '../errors.ts';
import { parseJson } from '../exact-json.ts';
import { requestLimits } from './limits.ts';
import { NoMultipartRequest, parseMultipart } from './multipart.ts';

/**
 * Bodies of POST: JSON, or multipart with files, read no further than their limits. Refused with 413 PAYLOAD_TOO_LARGE and 400
 * BAD_USER_INPUT.
 */
export function requestBodies(): Plugin {
  return {
    onRequestParse({ request, setRequestParser }) {
      if (request.method === 'POST') setRequestParser(parseBody);
      if (request.method === 'GET') setRequestParser(parseAddress);
    },
    onParams({ params }) {
      if (params.query == null && params.extensions?.persistedQuery != null) throw noPersistedQuery();
    },
  };
}

/**
 * Automatic persisted queries (Apollo, urql) try the hash of a document first. By these words clients know that they have to send
 * the document, and that the next hash need not be tried.
 */
const noPersistedQuery = (): GraphQLError =>
  new GraphQLError('PersistedQueryNotSupported', {
    extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' satisfies ErrorCode, http: { status: 400, spec: true } },
  });

async function parseBody(request: Request): Promise<GraphQLParams> {
  const contentType = request.headers.get('content-type') ?? '';
  if (/^multipart\/form-data\b/i.test(contentType)) return parseForm(request, contentType);
  const text = (await bytesOf(request, requestLimits.bodyBytes, 'Split the request.')).toString();
  const body = jsonOf(text, 'The body');
  if (body === null || typeof body !== 'object')
    throw refused(400, 'BAD_USER_INPUT', 'The body must be a JSON object with a query, and variables if it has any.');
  return body;
}

/** Of a GET: what is JSON lies in parameters of the address. */
function parseAddress({ url }: Request): GraphQLParams {
  const parameters = new URL(url).searchParams;
  const text = (name: string): string | undefined => parameters.get(name) || undefined;
  const json = (name: string): Record<string, unknown> | undefined => {
    const written = text(name);
    if (written === undefined) return undefined;
    return jsonOf(written, `The parameter “${name}”`) as Record<string, unknown>;
  };
  const [query, operationName] = [text('query'), text('operationName')];
  const [variables, extensions] = [json('variables'), json('extensions')];
  return {
    ...(query !== undefined && { query }),
    ...(operationName !== undefined && { operationName }),
    ...(variables !== undefined && { variables }),
    ...(extensions !== undefined && { extensions }),
  };
}

function jsonOf(text: string, what: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof GlassgraphError) throw refused(400, error.code, error.message, error);
    throw refused(400, 'BAD_USER_INPUT', `${what} is no JSON: ${(error as Error).message}.`);
  }
}

async function parseForm(request: Request, contentType: string): Promise<GraphQLParams> {
  const advice = 'Put larger files below one of the server’s source folders and register them by “uri”.';
  const bytes = await bytesOf(request, requestLimits.multipartBytes, advice);
  try {
    return await parseMultipart(bytes, contentType);
  } catch (error) {
    if (error instanceof NoMultipartRequest) throw refused(400, 'BAD_USER_INPUT', error.message);
    if (error instanceof GlassgraphError) throw refused(400, error.code, error.message, error);
    throw error;
  }
}

/** Whoever is cut off while it sends may not see why: so much is read, and thrown away, before that. */
const toleratedLimits = 4;

async function bytesOf({ headers, body }: Request, limit: number, advice: string): Promise<Buffer<ArrayBuffer>> {
  const tooLarge = () =>
    refused(413, 'PAYLOAD_TOO_LARGE', `The body is larger than ${limit} bytes, which is the most. ${advice}`);
  if (Number(headers.get('content-length')) > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.length;
      if (length > toleratedLimits * limit) break;
      if (length <= limit) chunks.push(chunk);
    }
  } catch {
    throw refused(400, 'BAD_USER_INPUT', 'The request was cut off before its body had ended. Send it again.');
  }
  if (length > limit) throw tooLarge();
  return Buffer.concat(chunks);
}

const refused = (status: number, code: ErrorCode, message: string, originalError?: GlassgraphError): GraphQLError =>
  new GraphQLError(message, {
    extensions: { code, http: { status } },
    ...(originalError && { originalError }),
  });
